"""The index of the raw archive."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model

__all__ = ["RawDocumentEntry"]


class RawDocumentEntry(Model):
    """Where a vendor's document lies in the archive, under the SHA-256 of its bytes."""

    sha256 = fields.CharField(max_length=64, primary_key=True)
    vendor = fields.TextField()
    name = fields.TextField()
    size = fields.BigIntField()
    """Bytes before compression."""
    location = fields.TextField()
    stored_at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        """Table."""

        table = "raw_documents"

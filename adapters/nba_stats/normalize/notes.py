"""What the reader of an import should know: rows left out, and rows kept with a reservation."""

from __future__ import annotations

from poise_sdk.records import Rejected

__all__ = ["Notes"]


class Notes:
    """Collects the :class:`~poise_sdk.records.Rejected` of one document."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.rejected: list[Rejected] = []

    def add(
        self,
        reason: str,
        *,
        row: int | None = None,
        field: str | None = None,
        game_id: str | None = None,
        play: int | None = None,
    ) -> None:
        """Note ``reason``; ``row`` counts from 1 in the document."""
        self.rejected.append(
            Rejected(file=self.file, reason=reason, row=row, field=field, game_id=game_id, play=play)
        )

    def done(self) -> tuple[Rejected, ...]:
        """All notes in the order they were made."""
        return tuple(self.rejected)

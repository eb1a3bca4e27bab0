"""WHOOP's data export: ``my_whoop_data_….zip`` with four CSV files, in the language of the account.

::

    for document in read_export(Path("my_whoop_data_2025_01_01.zip")):
        if isinstance(document, Rejected):
            ...                              # what could not be read, and why
        else:
            for item in normalize_csv(document):
                ...                          # a record, or a Rejected with its row

``columns`` and ``headers`` are data; ``text``, ``cells`` and ``folding`` know CSV but not WHOOP; ``layout``
tells which file a document is; ``cycles``, ``sleeps``, ``workouts`` and ``journal`` make the records.
"""

from __future__ import annotations

from adapters.whoop.export.normalize import normalize_csv
from adapters.whoop.export.reader import accepts, read_export

__all__ = ["accepts", "normalize_csv", "read_export"]

"""Persisted queries: documents known by their SHA-256.

Automatic ones (Apollo's protocol: `extensions.persistedQuery`) save a client from sending its text
every time. A list loaded at start can be made the only thing a production server runs.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
from graphql import GraphQLError

from server.graphql.errors import RequestFailed

__all__ = ["PersistedQueries", "PersistedQueryError"]

#: Documents clients may register; each is at most a request body long.
REGISTERED_DOCUMENTS = 1_000
PROTOCOL_VERSION = 1


class PersistedQueryError(ValueError):
    """The file of persisted queries cannot be used."""


class PersistedQueries:
    """The documents known by hash."""

    def __init__(self, known: Mapping[str, str], *, only: bool) -> None:
        self._listed = dict(known)
        self._only = only
        self._registered: OrderedDict[str, str] = OrderedDict()

    @classmethod
    def load(cls, path: Path | None, *, only: bool) -> PersistedQueries:
        """Read ``{sha256: document}`` from ``path``; raises `PersistedQueryError` if a hash is wrong."""
        if path is None:
            if only:
                raise PersistedQueryError(
                    "only persisted queries are to be run, but no file of them is given"
                )
            return cls({}, only=False)
        try:
            known = orjson.loads(path.read_bytes())
        except (OSError, orjson.JSONDecodeError) as error:
            raise PersistedQueryError(f"cannot read persisted queries from {path}: {error}") from error
        if not isinstance(known, dict) or not all(isinstance(text, str) for text in known.values()):
            raise PersistedQueryError(f"{path} is not a JSON object of documents by SHA-256")
        wrong = [sha for sha, text in known.items() if _sha256(text) != sha]
        if wrong:
            raise PersistedQueryError(f"{path}: the hash of {wrong[0]} is not that of its document")
        return cls(known, only=only)

    def document(self, query: str | None, extensions: Mapping[str, Any]) -> str:
        """Return the text to run; raises `RequestFailed` where there is none or it is not allowed."""
        sha = _claimed_hash(extensions)
        if query is None:
            if sha is None:
                raise _failed("the request has no `query`", "BAD_REQUEST")
            text = self._listed.get(sha) or self._registered.get(sha)
            if text is None:
                raise _failed("PersistedQueryNotFound", "PERSISTED_QUERY_NOT_FOUND")
            return text
        if sha is not None and _sha256(query) != sha:
            raise _failed("the given hash is not that of the query", "BAD_REQUEST")
        if self._only and _sha256(query) not in self._listed:
            raise _failed("this server runs only the operations it was given", "PERSISTED_QUERY_REQUIRED")
        return query

    def remember(self, query: str | None, extensions: Mapping[str, Any]) -> None:
        """Keep a valid document that came with its hash, so that the hash alone will do next time."""
        sha = _claimed_hash(extensions)
        if query is None or sha is None or self._only:
            return
        self._registered[sha] = query
        self._registered.move_to_end(sha)
        if len(self._registered) > REGISTERED_DOCUMENTS:
            self._registered.popitem(last=False)


def _claimed_hash(extensions: Mapping[str, Any]) -> str | None:
    persisted = extensions.get("persistedQuery")
    if persisted is None:
        return None
    if not isinstance(persisted, dict) or persisted.get("version") != PROTOCOL_VERSION:
        raise _failed("unsupported version of persisted queries", "PERSISTED_QUERY_NOT_SUPPORTED")
    sha = persisted.get("sha256Hash")
    if not isinstance(sha, str):
        raise _failed("a persisted query needs its `sha256Hash`", "BAD_REQUEST")
    return sha


def _failed(message: str, code: str) -> Exception:
    return RequestFailed([GraphQLError(message, extensions={"code": code})])


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()

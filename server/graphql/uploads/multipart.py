"""GraphQL's multipart requests: a document with files, https://github.com/jaydenseric/graphql-multipart-request-spec.

A page of any origin can make its visitor's browser send a form. So a multipart request must carry a header
that no form can: ``GraphQL-Require-Preflight`` (any value), or one of those that Apollo's clients send. The
parts come in the order of the specification: ``operations``, ``map``, files; files go straight to disk.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header

from server.settings import Limits
from server.uploads import NoSpaceError, TooLargeError, Upload, Writing

__all__ = ["PREFLIGHT", "MalformedForm", "is_multipart", "may_be_form", "read_form"]

#: Headers that a page's form cannot send; one of them is wanted.
PREFLIGHT: Final = ("graphql-require-preflight", "apollo-require-preflight", "x-apollo-operation-name")
#: Bytes of a part's headers.
_HEADERS: Final = 8 * 1024


class MalformedForm(Exception):
    """The form is none of the protocol."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(slots=True)
class _Part:
    """A part of the form, as the parser is about to read it."""

    headers: dict[bytes, bytes] = field(default_factory=dict)
    name: str = ""
    filename: str | None = None


def is_multipart(content_type: str) -> bool:
    """Whether a request's body is a form with files."""
    return content_type.lower().partition(";")[0].strip() == "multipart/form-data"


def may_be_form(headers: Mapping[str, str]) -> bool:
    """Whether a form of another page could have sent a request with these headers."""
    return not any(headers.get(name) for name in PREFLIGHT)


async def read_form(
    content_type: str, body: AsyncIterator[bytes], limits: Limits, uploads: list[Upload]
) -> Any:
    """The operations of a form with its files in their places; raises `MalformedForm`.

    Files are added to ``uploads`` as they arrive, for the caller to remove.
    """
    _, options = parse_options_header(content_type)
    boundary = options.get(b"boundary")
    if not boundary:
        raise MalformedForm(400, "the form has no boundary")
    form = _Form(boundary, limits, uploads)
    try:
        async for chunk in body:
            await form.feed(chunk)
        return form.finish()
    except MultipartParseError:
        raise MalformedForm(400, "the form is malformed") from None
    except TooLargeError as error:
        raise MalformedForm(413, f"{error}: send larger ones to POST /uploads/…") from None
    except NoSpaceError as error:
        raise MalformedForm(507, str(error)) from None
    finally:
        await form.close()


class _Form:
    """The state of one form."""

    def __init__(self, boundary: bytes, limits: Limits, uploads: list[Upload]) -> None:
        self._limits = limits
        self._uploads = uploads
        self._events: list[tuple[str, bytes]] = []
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": lambda: self._events.append(("begin", b"")),
                "on_header_field": self._noted("field"),
                "on_header_value": self._noted("value"),
                "on_header_end": lambda: self._events.append(("header", b"")),
                "on_headers_finished": lambda: self._events.append(("headers", b"")),
                "on_part_data": self._noted("data"),
                "on_part_end": lambda: self._events.append(("end", b"")),
                "on_end": lambda: self._events.append(("over", b"")),
            },
        )
        self._part: _Part | None = None
        self._field = self._value = b""
        self._text = bytearray()
        self._writing: Writing | None = None
        self._given: dict[str, Any] = {}
        self._paths: dict[str, list[str]] = {}
        self._over = False
        self._size = 0

    def _noted(self, kind: str) -> Any:
        def note(data: bytes, start: int, end: int) -> None:
            self._events.append((kind, data[start:end]))

        return note

    async def feed(self, chunk: bytes) -> None:
        """Take the next bytes."""
        self._size += len(chunk)
        if self._size > self._limits.multipart_bytes:
            raise TooLargeError(self._limits.multipart_bytes)
        self._parser.write(chunk)
        events, self._events = self._events, []
        for kind, data in events:
            match kind:
                case "begin":
                    self._part = _Part()
                case "field":
                    self._field += data
                case "value":
                    self._value += data
                case "header":
                    self._header()
                case "headers":
                    await self._begin()
                case "data":
                    await self._data(data)
                case "end":
                    await self._end()
                case _:
                    self._over = True
            if len(self._field) + len(self._value) > _HEADERS:
                raise MalformedForm(400, "a part of the form has too long a header")

    def _header(self) -> None:
        assert self._part is not None
        if len(self._part.headers) > 16:
            raise MalformedForm(400, "a part of the form has too many headers")
        self._part.headers[self._field.lower()] = self._value
        self._field = self._value = b""

    async def _begin(self) -> None:
        assert self._part is not None
        disposition, options = parse_options_header(self._part.headers.get(b"content-disposition", b""))
        name = options.get(b"name", b"").decode("utf-8", "replace")
        if disposition != b"form-data" or not name:
            raise MalformedForm(400, "a part of the form has no name")
        self._part.name = name
        if name in ("operations", "map"):
            self._text = bytearray()
            return
        if "map" not in self._given:
            raise MalformedForm(400, "`operations` and `map` come before the files")
        if name not in self._paths:
            raise MalformedForm(400, f"`map` does not say where the part {name[:40]!r} belongs")
        if len(self._uploads) >= self._limits.multipart_files:
            raise MalformedForm(413, f"a form may have {self._limits.multipart_files} files")
        given = options.get(b"filename", b"").decode("utf-8", "replace")
        self._writing = await Writing(given, self._limits.multipart_bytes).__aenter__()

    async def _data(self, data: bytes) -> None:
        if self._writing is not None:
            await self._writing.write(data)
            return
        self._text += data
        if len(self._text) > self._limits.body_bytes:
            raise TooLargeError(self._limits.body_bytes)

    async def _end(self) -> None:
        assert self._part is not None
        if self._writing is not None:
            upload = await self._writing.done()
            self._writing = None
            self._uploads.append(upload)
            for path in self._paths.pop(self._part.name):
                _put(self._given["operations"], path, upload)
            return
        try:
            value = orjson.loads(self._text)
        except orjson.JSONDecodeError:
            raise MalformedForm(400, f"`{self._part.name}` is not JSON") from None
        self._given[self._part.name] = value
        if self._part.name == "map":
            self._mapped(value)

    def _mapped(self, value: Any) -> None:
        if "operations" not in self._given:
            raise MalformedForm(400, "`operations` comes before `map`")
        if not isinstance(value, dict) or not all(
            isinstance(paths, list) and paths and all(isinstance(one, str) for one in paths)
            for paths in value.values()
        ):
            raise MalformedForm(400, "`map` says for each file to which variables it belongs")
        if sum(len(paths) for paths in value.values()) > 4 * self._limits.multipart_files:
            raise MalformedForm(400, "`map` names too many variables")
        self._paths = value

    def finish(self) -> Any:
        """The operations, once all has been read."""
        self._parser.finalize()
        if not self._over or "operations" not in self._given or "map" not in self._given:
            raise MalformedForm(400, "the form ends before it is complete")
        if self._paths:
            raise MalformedForm(400, f"the file {next(iter(self._paths))[:40]!r} of `map` did not come")
        return self._given["operations"]

    async def close(self) -> None:
        """Leave no half a file behind."""
        if self._writing is not None:
            await self._writing.__aexit__(MalformedForm, None, None)
            self._writing = None


def _put(operations: Any, path: str, upload: Upload) -> None:
    """Set the variable at ``path`` (``variables.input.file``), which must be null now."""
    *parents, last = path.split(".")
    place = operations
    if not parents or parents[0] != "variables":
        raise MalformedForm(400, f"{path[:80]!r} is no variable")
    try:
        for name in parents:
            place = place[int(name)] if isinstance(place, list) else place[name]
        key: Any = int(last) if isinstance(place, list) else last
        if place[key] is not None:
            raise MalformedForm(400, f"{path[:80]!r} is not null in `operations`")
        place[key] = upload
    except (KeyError, IndexError, TypeError, ValueError):
        raise MalformedForm(400, f"{path[:80]!r} is not in `operations`") from None

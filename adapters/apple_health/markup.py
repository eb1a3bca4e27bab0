"""The markup of an export: where it begins, what is not XML in it, where its elements stand.

The document type definition that the Health app writes is malformed in some versions, so everything
before ``<HealthData`` is passed over, never parsed. No entity can be defined then, neither an external one
nor a bomb; a file that tries is refused as a whole.
"""

from __future__ import annotations

import re
from typing import Final

import numpy as np

__all__ = [
    "CUT_SHORT",
    "HEAD",
    "ROOT",
    "ROOT_TAG",
    "TAG",
    "TOP_LEVEL",
    "as_utf8",
    "body_of",
    "closing",
    "declares_entities",
    "is_export",
    "unescape",
    "without_controls",
]

ROOT: Final = b"<HealthData"
CUT_SHORT: Final = "cut short: the end is missing; what came before it was read"
#: Bytes within which the content must begin: the longest definition known has less than 20,000.
HEAD: Final = 1024 * 1024
#: The elements that stand directly under the root (HealthKit Export Version 11 to 14).
TOP_LEVEL: Final = re.compile(
    rb"<(Record|Workout|Correlation|ActivitySummary|ClinicalRecord|Audiogram|VisionPrescription|Me|ExportDate)"
    rb"(?=[\s/>])"
)
#: One whole opening tag; quoted values may hold anything but their quote.
TAG: Final = re.compile(rb"<[A-Za-z][^\s/>\"'=]*(?:[^\"'<>]|\"[^\"]*\"|'[^']*')*>")
ROOT_TAG: Final = re.compile(rb"<HealthData(?=[\s/>])(?:[^\"'<>]|\"[^\"]*\"|'[^']*')*>")
_CLOSING: Final = re.compile(rb"</HealthData\s*>\s*\Z")
#: Bytes at the end of a file in which its last tag must stand.
_TAIL: Final = 1024

#: Control characters that XML 1.0 does not allow (section 2.2); vertical tabs do occur in exports.
_FORBIDDEN: Final = bytes(code for code in range(32) if code not in b"\t\n\r")
#: Bytes looked at together: few enough to stay in a processor's cache.
_BLOCK: Final = 256 * 1024
_ENTITY: Final = re.compile(r"&(?:(lt|gt|amp|quot|apos)|#(\d{1,7})|#x([0-9A-Fa-f]{1,6}));")
_NAMED: Final = {"lt": "<", "gt": ">", "amp": "&", "quot": '"', "apos": "'"}


def is_export(content: bytes) -> bool:
    """Whether ``content`` is (a part of) an export's XML: it has the root, or begins with its elements."""
    start = content[:HEAD]
    return ROOT_TAG.search(start) is not None or TOP_LEVEL.match(start.lstrip()) is not None


def declares_entities(prolog: bytes) -> bool:
    """Whether a document type definition defines entities; the Health app's never does."""
    return b"<!ENTITY" in prolog


def body_of(content: bytes) -> tuple[bytes, bool]:
    """The elements under the root, and whether they are all: a root without its end was cut short."""
    root = ROOT_TAG.search(content, 0, HEAD)
    start = root.end() if root else 0
    end = closing(content)
    whole = root is None or end is not None or root.group().endswith(b"/>")
    while content[start : start + 1] in (b"\n", b"\r"):
        start += 1
    if start == 0 and end is None:
        return content, whole
    return content[start:end], whole


def closing(content: bytes) -> int | None:
    """Where the root ends, at the end of ``content``; ``None`` where it does not."""
    found = _CLOSING.search(content, max(len(content) - _TAIL, 0))
    return None if found is None else found.start()


def without_controls(content: bytes) -> bytes:
    """``content`` without the control characters that XML forbids; the same object if it has none."""
    rare = 0
    for at in range(0, len(content), _BLOCK):
        codes = np.frombuffer(content, np.uint8, min(_BLOCK, len(content) - at), at)
        rare += int(np.count_nonzero(codes < 32)) - int(np.count_nonzero(codes == ord("\n")))
    if rare:
        rare -= content.count(b"\r") + content.count(b"\t")
    return content.translate(None, _FORBIDDEN) if rare else content


def as_utf8(content: bytes) -> bytes:
    """``content`` with what is no UTF-8 replaced; the same object if all of it is."""
    try:
        content.decode()
    except UnicodeDecodeError:
        return content.decode(errors="replace").encode()
    return content


def unescape(text: str) -> str | None:
    """``text`` without XML's references; ``None`` where one is undefined: that is not well-formed."""
    if "&" not in text:
        return text
    plain = _ENTITY.sub(_reference, text)
    return None if "&" in _ENTITY.sub("", text) else plain


def _reference(match: re.Match[str]) -> str:
    name, decimal, hexadecimal = match.groups()
    if name:
        return _NAMED[name]
    code = int(decimal) if decimal else int(hexadecimal, 16)
    return chr(code) if code < 0x11_0000 and not 0xD800 <= code < 0xE000 else "\ufffd"

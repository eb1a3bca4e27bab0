"""Trouble with the house itself, which a user can mend: told in a sentence."""

from __future__ import annotations

__all__ = ["explained"]


def explained(error: Exception) -> str | None:
    """What a user should read instead of a traceback; ``None`` if the error is a defect of ours."""
    # here, not above: a command that goes well needs none of them
    from pydantic import ValidationError

    from storage.connect import is_transient
    from storage.embedded.binaries import NoRedisBinary
    from storage.embedded.clusters import ClusterError
    from storage.embedded.postgres import StartError
    from storage.embedded.redis import RedisStartError
    from storage.embedded.runtime import AttachError
    from tasks.failure import redact

    if isinstance(error, ValidationError):
        return "; ".join(_setting(one["loc"], one["msg"]) for one in error.errors(include_input=False))
    if isinstance(error, AttachError | ClusterError | NoRedisBinary | RedisStartError | StartError):
        return redact(str(error))
    if is_transient(error):
        return f"the database does not answer: {redact(str(error).strip().splitlines()[0])}"
    if isinstance(error, PermissionError):
        return f"{error.filename}: {error.strerror}"
    return None


def _setting(location: tuple[int | str, ...], message: str) -> str:
    """One wrong setting, by the name of its variable, without its value."""
    name = ".".join(map(str, location))
    text = message.removeprefix("Value error, ")
    return text if name in text else f"{name}: {text}"

"""Which handler does which kind of job, and within which limits."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar

from tasks.retry import DEFAULT_BACKOFF, Backoff
from tasks.schedule import Recurring

if TYPE_CHECKING:
    from tasks.context import JobContext

__all__ = ["REGISTRY", "Handler", "JobKind", "Outcome", "Registry", "Reschedule", "job"]


@dataclass(frozen=True, slots=True)
class Reschedule:
    """A handler's answer that means: well done, and the same job again in ``after_s`` seconds."""

    after_s: float
    note: str | None = None
    """Stays readable as the job's progress note while it waits."""


Outcome: TypeAlias = "dict[str, Any] | Reschedule | None"
"""What a handler returns: a JSON result, nothing, or when to go on."""

Handler: TypeAlias = "Callable[[JobContext, dict[str, Any]], Awaitable[Outcome]]"
HandlerT = TypeVar("HandlerT", bound=Handler)


@dataclass(frozen=True, slots=True)
class JobKind:
    """One kind of job: its name, its handler, its limits."""

    name: str
    handler: Handler
    timeout_s: int
    max_attempts: int
    backoff: Backoff
    recurring: tuple[Recurring, ...]


class Registry:
    """Kinds of jobs by name."""

    def __init__(self) -> None:
        self._kinds: dict[str, JobKind] = {}

    def job(
        self,
        name: str,
        *,
        timeout_s: int,
        max_attempts: int = 5,
        backoff: Backoff = DEFAULT_BACKOFF,
        recurring: tuple[Recurring, ...] = (),
    ) -> Callable[[HandlerT], HandlerT]:
        """Register the decorated ``async def handler(context, args)`` for jobs of kind ``name``.

        An attempt may take ``timeout_s`` seconds; after ``max_attempts`` failures the job is dead. A
        handler may be run again at any point after it was killed, so what it does must be the same
        done twice; and it must not block the event loop, or its lease runs out (see ``tasks.pool``).

        Raises ``ValueError`` if the name is taken or a limit is not positive.
        """
        if timeout_s < 1 or max_attempts < 1:
            raise ValueError(f"the limits of job kind {name!r} must be positive")

        def register(handler: HandlerT) -> HandlerT:
            if name in self._kinds:
                raise ValueError(f"job kind {name!r} has a handler already")
            self._kinds[name] = JobKind(name, handler, timeout_s, max_attempts, backoff, recurring)
            return handler

        return register

    def get(self, name: str) -> JobKind | None:
        """Return the kind of that name, ``None`` if nobody handles it."""
        return self._kinds.get(name)

    def kinds(self) -> Iterator[JobKind]:
        """Iterate over all kinds in the order of their names."""
        return iter(sorted(self._kinds.values(), key=lambda kind: kind.name))


#: Where the handlers of this program stand; ``tasks.handlers.load`` fills it.
REGISTRY: Final = Registry()

job = REGISTRY.job

"""Groups: subscribers who get the very same bytes.

Two subscriptions share a group if document, operation, variables (all but where to begin) and the
permission class of the viewer agree, and they read the same log. The group executes the document
once per event; each member only adds its own envelope around the shared payload.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson
from graphql import ExecutionResult, GraphQLError
from graphql.execution import execute_subscription_event

from server.graphql.context import Context
from server.graphql.documents import Operation
from server.graphql.engine import Engine
from server.graphql.errors import response
from server.live.feed import Feed
from server.live.hub import Hub
from server.live.log import LiveEvent
from server.live.outbox import Outbox

__all__ = ["Group", "Member", "Subscription", "join"]

_log = logging.getLogger("poise.live")

#: Payloads a group keeps for members who catch up.
KEPT_PAYLOADS = 64


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a client subscribed to."""

    operation: Operation
    variables: Mapping[str, Any]
    context: Context
    feed: Feed[Any]

    @property
    def key(self) -> Hashable:
        """Equal for subscriptions whose events look alike."""
        shaping = {
            name: self.variables[name]
            for node in self.operation.node.variable_definitions or ()
            if (name := node.variable.name.value) in self.variables
            and name not in self.operation.position_variables
        }
        return (
            self.operation.document.source,
            self.operation.name,
            orjson.dumps(shaping, option=orjson.OPT_SORT_KEYS),
            self.context.viewer.permission_class,
            self.feed.log.topic,
            self.feed.log.key,
        )


class Member:
    """One client's running subscription."""

    def __init__(self, operation_id: str, outbox: Outbox, ended: Callable[[], None]) -> None:
        self._head = f'{{"id":{orjson.dumps(operation_id).decode()},"type":"next","payload":'
        self.outbox = outbox
        self.ended = ended
        self.position = 0
        """The sequence of the last event it was given."""
        self.group: Group | None = None

    def give(self, event: LiveEvent, payload: str) -> None:
        """Send ``event`` unless the client has it; a snapshot takes the place of whatever it has."""
        if event.sequence > self.position or event.snapshot:
            self.position = event.sequence
            self.outbox.put(f"{self._head}{payload}}}")

    def leave(self) -> None:
        """Receive no more."""
        if self.group is not None:
            self.group.remove(self)


class Group:
    """Executes one operation once per event, for all its members."""

    def __init__(self, hub: Hub, engine: Engine, subscription: Subscription) -> None:
        self._hub = hub
        self._engine = engine
        self._like = subscription
        self._log = hub.hold(subscription.feed.log)
        self._position = self._log.latest
        """The sequence up to which its live members were served."""
        self._members: set[Member] = set()
        self._live: dict[Member, None] = {}
        self._payloads: OrderedDict[tuple[int, bool], str] = OrderedDict()
        self._executing: dict[tuple[int, bool], asyncio.Task[str]] = {}
        self._pump = hub.spawn(self._serve())

    async def add(self, member: Member, start: int | None) -> None:
        """Bring ``member`` from ``start`` (``None``: the present state) to the present, and keep it there."""
        self._members.add(member)
        member.group = self
        await self._begin(member, start)
        # Between this comparison and joining the others nothing is awaited, so nothing slips through.
        while member.position < self._position:
            if not (events := await self._hub.insist(partial(self._log.read, member.position))):
                break
            for event in events:
                member.give(event, await self._payload(event))
                await member.outbox.settled()
        if member.group is not self:
            return
        if self._log.ended and member.position >= self._log.latest:
            member.ended()
        else:
            self._live[member] = None

    def remove(self, member: Member) -> None:
        """Let ``member`` go; the last one ends the group."""
        self._members.discard(member)
        self._live.pop(member, None)
        member.group = None
        if not self._members:
            self._pump.cancel()
            self._hub.groups.pop(self._like.key, None)
            self._hub.release(self._log)

    async def _begin(self, member: Member, start: int | None) -> None:
        if start is not None:
            member.position = start
            if start <= self._log.latest:
                return
            # Another server may have told the client more than this one has heard of yet.
            await self._hub.insist(self._log.refresh)
            if start <= self._log.latest:
                return
        if (state := await self._hub.insist(self._log.snapshot)) is None:
            member.position = 0
        else:
            member.give(state, await self._payload(state))

    async def _serve(self) -> None:
        """Give every event to all live members, as long as there are any."""
        while events := await self._hub.insist(lambda: self._log.after(self._position)):
            for event in events:
                payload = await self._payload(event)
                self._position = event.sequence
                for member in tuple(self._live):
                    member.give(event, payload)
        for member in tuple(self._live):
            member.ended()

    async def _payload(self, event: LiveEvent) -> str:
        key = (event.sequence, event.snapshot)
        if (known := self._payloads.get(key)) is not None:
            return known
        if (task := self._executing.get(key)) is None:
            task = self._executing[key] = self._hub.spawn(self._execute(key, event))
        return await asyncio.shield(task)

    async def _execute(self, key: tuple[int, bool], event: LiveEvent) -> str:
        context = self._like.context.fresh()
        try:
            executor = self._engine.executor(self._like.operation, self._like.variables, context)
            executor.root_value = self._like.feed.convert(event)
            result = execute_subscription_event(executor)
            if inspect.isawaitable(result):
                result = await result
        except Exception as error:
            result = ExecutionResult(None, [GraphQLError(str(error), original_error=error)])
        finally:
            self._executing.pop(key, None)
        text = response(result, context.request_id, mask=self._engine.masks).decode()
        self._payloads[key] = text
        if len(self._payloads) > KEPT_PAYLOADS:
            self._payloads.popitem(last=False)
        return text


async def join(hub: Hub, engine: Engine, subscription: Subscription, member: Member) -> None:
    """Let ``member`` take part in ``subscription``; returns when it is up to date and live (or ended)."""
    key = subscription.key
    if (group := hub.groups.get(key)) is None:
        group = hub.groups[key] = Group(hub, engine, subscription)
    await group.add(member, subscription.feed.start)

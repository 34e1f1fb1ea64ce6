"""A double of `Models` for tests: a function answers instead of an endpoint.

Everything above the wire is real: schemas are rendered, answers are parsed, repaired and refused as
they would be. Nothing below it is: no HTTP, no retries, no limits.
"""

import inspect
import json
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from agents.models.dialect.render import action_schema
from agents.models.models import Models
from agents.models.role import RoleModel
from agents.models.types import Answer, CallUsage, Dialect, Message, Request
from agents.schemas import Schema
from research.budget import Rates
from research.domain import Role
from research.text.sentences import estimate_tokens, token_bound

Scripted = dict[str, Any] | str | Exception
Handler = Callable[[Role, Sequence[Message], Schema], Scripted | Awaitable[Scripted]]


@dataclass
class _ScriptedPort:
    role: Role
    handler: Handler
    embedded: bool
    cached: float = 0.0
    name: str = "scripted"
    label: str = "scripted"
    dialect: Dialect = field(default_factory=lambda: Dialect({"tools"}))

    async def call(self, request: Request) -> Answer:
        schema = action_schema(request.tools) if request.tools else request.schema or {}
        contents = [message["content"] for message in request.messages]
        prompt = sum(map(estimate_tokens, contents))
        bound = sum(map(token_bound, contents))
        with request.meter.admit(bound, request.max_tokens, Rates()) as admission:
            given = self.handler(self.role, request.messages, schema)
            if inspect.isawaitable(given):
                given = await given
            admission.prompt_tokens = prompt
        if isinstance(given, dict):
            given = json.dumps(given, ensure_ascii=False)
        usage = CallUsage(
            model=self.name,
            prompt_tokens=prompt,
            cached_tokens=int(prompt * self.cached),
            completion_tokens=estimate_tokens(given if isinstance(given, str) else ""),
            usd=0.0,
            seconds=0.0,
            error=str(given) if isinstance(given, Exception) else None,
        )
        await request.on_call(usage)
        if isinstance(given, Exception):
            raise given
        return Answer(given)


class ScriptedModels(Models):
    """`ScriptedModels(handler)`: the handler is given the role, the messages and the schema of the
    answer, and gives back an object, a raw text, or an error to raise. An action's schema is the
    `anyOf` of one object per tool; its answer is `{"thought", "tool", "arguments"}`. `cached` is
    the part of each prompt that counts as cached.
    """

    def __init__(self, handler: Handler, *, embedded: bool = False, cached: float = 0.0) -> None:
        self._port = partial(_ScriptedPort, handler=handler, embedded=embedded, cached=cached)
        self._open = AsyncExitStack()

    def role(self, role: Role) -> RoleModel:
        return RoleModel(self._port(role))

"""The model of one role: asks until an answer fits, twice at most, then raises what is wrong with
it.

Not here: what is done without an answer (the fallbacks, in the agents), and what a call costs
(`endpoint.py`).
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from pydantic import BaseModel

from agents.models.dialect.reading import (
    ASKED_AGAIN,
    Flaw,
    asked_again,
    read_actions,
    read_answer,
    read_text,
)
from agents.models.types import (
    UNMETERED,
    WINDOW,
    Action,
    Answer,
    Message,
    Meter,
    OnCall,
    Port,
    Request,
    Text,
    ToolSpec,
)
from agents.schemas import Schema, schema_of
from research.errors import UnusableAnswer

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)
ATTEMPTS = 2


class RoleModel:
    def __init__(self, port: Port, *, window: int = WINDOW) -> None:
        """`window` is how many tokens the model can see at once."""
        self._port = port
        self.window = window

    @property
    def name(self) -> str:
        return self._port.name

    @property
    def embedded(self) -> bool:
        return self._port.embedded

    @property
    def accountable(self) -> bool:
        """Whether its failures are told as the endpoint's: the embedded model is small, and its
        steps are made to do without it."""
        return not self._port.embedded

    async def write(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        on_call: OnCall,
        meter: Meter = UNMETERED,
    ) -> Text:
        """Ask for a text. Raises as `ask` does; what was cut off at its longest is given as far as
        it goes."""
        request = Request(messages, max_tokens, on_call, meter=meter)
        return await self._until_it_fits(request, read_text)

    async def ask(
        self,
        messages: Sequence[Message],
        answer: type[M],
        *,
        schema: Schema | None = None,
        max_tokens: int,
        on_call: OnCall,
        attempts: int = ATTEMPTS,
        meter: Meter = UNMETERED,
    ) -> M:
        """Ask for an answer of a kind. `schema` may be narrower than the kind's own.

        Raises `UnusableAnswer` of one kind or another after `attempts`, ModelUnavailable,
        ModelRefused, ContextOverflow; and what the meter raises.
        """
        wanted = schema or schema_of(answer)
        request = Request(messages, max_tokens, on_call, schema=wanted, meter=meter)
        return await self._until_it_fits(request, partial(read_answer, kind=answer), attempts)

    async def act(
        self,
        messages: Sequence[Message],
        tools: Sequence[ToolSpec],
        *,
        max_tokens: int,
        on_call: OnCall,
        most: int = 1,
        meter: Meter = UNMETERED,
    ) -> tuple[Action, ...]:
        """Let the model call tools, at most so many in one turn. Only the tools' names are checked;
        arguments are the tool's to judge.

        Raises as `ask` does. Where native calls never worked and give nothing, the schema-guided
        dialect takes their place.
        """
        dialect = self._port.dialect
        request = Request(messages, max_tokens, on_call, tools=tuple(tools), meter=meter)
        read = partial(read_actions, tools=tools, most=most)
        try:
            actions = await self._until_it_fits(request, read)
        except UnusableAnswer as error:
            guided = "tools" in dialect.given_up
            if guided or dialect.tools_worked or isinstance(error, ASKED_AGAIN):
                raise
            dialect.given_up.add("tools")
            return await self._until_it_fits(request, read)
        dialect.tools_worked |= "tools" not in dialect.given_up
        return actions

    async def _until_it_fits(
        self, request: Request, read: Callable[[Answer], T], attempts: int = ATTEMPTS
    ) -> T:
        """Call and read; after a flaw ask again, telling it. Raises what the last flaw comes to."""
        asked = request
        while True:
            attempts -= 1
            given = await self._port.call(asked)
            try:
                return read(given)
            except Flaw as flaw:
                if attempts <= 0:
                    raise flaw.kind(model=self._port.label, reason=flaw.reason) from flaw
                asked = asked_again(request, flaw)

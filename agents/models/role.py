"""The model of one role: asks until an answer fits, twice at most, then raises what is wrong with
it.

Not here: what is done without an answer (the fallbacks, in the agents), and what a call costs
(`endpoint.py`).
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from pydantic import BaseModel

from agents.models.dialect.reading import Flaw, ask_again, read_actions, read_answer, read_text
from agents.models.dialect.render import schema_text
from agents.models.types import (
    WINDOW,
    Action,
    Answer,
    Message,
    Meter,
    OnCall,
    Port,
    Reply,
    Request,
    Schema,
    ToolSpec,
    Unmetered,
)

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)


class RoleModel:
    def __init__(self, port: Port, *, window: int = WINDOW) -> None:
        """`window` is how many tokens the model can see at once."""
        self._port = port
        self.window = window

    @property
    def name(self) -> str:
        return self._port.name

    @property
    def label(self) -> str:
        """The model and where it is, as errors name it."""
        return self._port.label

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
        attempts: int = 2,
        meter: Meter | None = None,
    ) -> Reply[str]:
        """Ask for a text. Raises as `ask` does; what was cut off at its longest is given as far as
        it goes."""
        request = Request(messages=messages, max_tokens=max_tokens, meter=meter or Unmetered())
        form = "Answer with the whole text, and nothing else."
        try:
            return await self._until_it_fits(request, read_text, form, attempts, on_call)
        except Flaw as flaw:
            raise flaw.as_error(self.label) from flaw

    async def ask(
        self,
        messages: Sequence[Message],
        answer: type[M],
        *,
        schema: Schema | None = None,
        max_tokens: int,
        on_call: OnCall,
        attempts: int = 2,
        meter: Meter | None = None,
    ) -> Reply[M]:
        """Ask for an answer of a kind. `schema` may be narrower than the kind's own.

        Raises `UnusableAnswer` of one kind or another after `attempts`, ModelUnavailable,
        ModelRefused, ContextOverflow; and what the meter raises.
        """
        wanted = schema or answer.model_json_schema()
        request = Request(
            messages=messages, max_tokens=max_tokens, schema=wanted, meter=meter or Unmetered()
        )
        form = (
            f"Answer with the whole JSON object, and nothing else. It must fit this JSON "
            f"schema: {schema_text(wanted)}"
        )
        try:
            return await self._until_it_fits(
                request, lambda given: read_answer(given, answer), form, attempts, on_call
            )
        except Flaw as flaw:
            raise flaw.as_error(self.label) from flaw

    async def act(
        self,
        messages: Sequence[Message],
        tools: Sequence[ToolSpec],
        *,
        max_tokens: int,
        on_call: OnCall,
        attempts: int = 2,
        meter: Meter | None = None,
    ) -> Action:
        """Let the model call one of the tools: the first call of its turn. Raises as `ask` does."""
        return (
            await self.act_together(
                messages,
                tools,
                max_tokens=max_tokens,
                on_call=on_call,
                attempts=attempts,
                meter=meter,
            )
        )[0]

    async def act_together(
        self,
        messages: Sequence[Message],
        tools: Sequence[ToolSpec],
        *,
        max_tokens: int,
        on_call: OnCall,
        attempts: int = 2,
        most: int = 1,
        meter: Meter | None = None,
    ) -> tuple[Action, ...]:
        """Let the model call tools, at most so many in one turn. Only the tools' names are checked;
        arguments are the tool's to judge.

        Raises as `ask` does. Where native calls never worked and give nothing, the schema-guided
        dialect takes their place.
        """
        dialect = self._port.dialect
        request = Request(
            messages=messages, max_tokens=max_tokens, tools=tuple(tools), meter=meter or Unmetered()
        )
        form = f"Call one of: {', '.join(tool.name for tool in tools)}."

        async def act_once_more() -> tuple[Action, ...]:
            return await self._until_it_fits(
                request, lambda given: read_actions(given, tools, most), form, attempts, on_call
            )

        try:
            actions = await act_once_more()
        except Flaw as flaw:
            if not dialect.tools or dialect.tools_worked or flaw.again:
                raise flaw.as_error(self.label) from flaw
            dialect.tools = False
            try:
                return await act_once_more()
            except Flaw as again:
                raise again.as_error(self.label) from again
        dialect.tools_worked |= dialect.tools
        return actions

    async def _until_it_fits(
        self,
        request: Request,
        read: Callable[[Answer], T],
        form: str,
        attempts: int,
        on_call: OnCall,
    ) -> T:
        """Call and read; after a flaw ask again, telling it. Raises the last Flaw."""
        asked = request
        for left in range(attempts - 1, -1, -1):
            given = await self._port.call(asked, on_call)
            try:
                return read(given)
            except Flaw as flaw:
                if not left:
                    raise
                asked = replace(
                    request, messages=ask_again(request.messages, flaw, form), warmer=flaw.again
                )
        raise ValueError("attempts must be at least 1")

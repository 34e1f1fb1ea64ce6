"""The model of one role: asks until an answer fits, twice at most, then raises what is wrong with it.

Not here: what is done without an answer (the floors, in the agents), and what a call costs (`endpoint.py`).
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from pydantic import BaseModel

from agents.models.reading import Flaw, ask_again, read_action, read_answer
from agents.models.render import schema_text
from agents.models.types import Action, Answer, Message, OnCall, Port, Reply, Request, Schema, ToolSpec

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)


class RoleModel:
    def __init__(self, port: Port) -> None:
        self._port = port

    @property
    def name(self) -> str:
        return self._port.name

    @property
    def embedded(self) -> bool:
        return self._port.embedded

    async def ask(
        self,
        messages: Sequence[Message],
        answer: type[M],
        *,
        schema: Schema | None = None,
        max_tokens: int,
        on_call: OnCall,
        attempts: int = 2,
    ) -> Reply[M]:
        """Ask for an answer of a kind. `schema` may be narrower than the kind's own.

        Raises ModelOutputInvalid or ModelRepeating after `attempts`, ModelUnavailable, ModelRefused, ContextOverflow.
        """
        wanted = schema or answer.model_json_schema()
        request = Request(messages=messages, max_tokens=max_tokens, schema=wanted)
        form = f"Answer with the whole JSON object, and nothing else. It must fit this JSON schema: {schema_text(wanted)}"
        return await self._until_it_fits(request, lambda given: read_answer(given, answer), form, attempts, on_call)

    async def act(
        self,
        messages: Sequence[Message],
        tools: Sequence[ToolSpec],
        *,
        max_tokens: int,
        on_call: OnCall,
        attempts: int = 2,
    ) -> Action:
        """Let the model call one of the tools. Only the tool's name is checked; its arguments are the tool's to judge.

        Raises as `ask` does. Where native calls never worked and give nothing, the schema-guided dialect takes their place.
        """
        request = Request(messages=messages, max_tokens=max_tokens, tools=tuple(tools))
        form = f"Call one of: {', '.join(tool.name for tool in tools)}."

        def read(given: Answer) -> Action:
            action = read_action(given, tools)
            self._port.dialect.tools_worked |= bool(given.calls)
            return action

        native = self._port.dialect.tools
        try:
            return await self._until_it_fits(request, read, form, attempts, on_call)
        except _Unfit as unfit:
            dialect = self._port.dialect
            if not (native and dialect.tools) or dialect.tools_worked or unfit.flaw.repeating:
                raise
            dialect.tools = False
            return await self._until_it_fits(request, read, form, attempts, on_call)

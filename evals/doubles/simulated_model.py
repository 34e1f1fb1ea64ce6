"""A model endpoint in OpenAI's format on loopback, that answers every step of a run by rule, counts
what it is asked, and can misbehave.

It reads the form of the answer it is asked for, as a model would, and answers from the sentences in
the prompt.
"""

import json
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from evals.doubles import simulated_embedded, simulated_roles
from evals.doubles.loopback import Answering, listening, send
from evals.doubles.simulated_roles import ELSEWHERE

KEY = "the-key"
Answer = dict[str, Any]


@dataclass
class ModelServer:
    """`delay` seconds a call, what it takes to make the answer among them; `mode`: ok, garbage,
    repeat, broken (500), several (calls in a turn), stubborn (asks again what it asked). `asked`
    lists the step of every call, `prompts` its text.

    `script` are the tool calls of an agent's turns, by how often tools were offered before;
    `window`, in characters, refuses longer turns of agents. `bodies` are the requests that offered
    tools."""

    delay: float = 0.0
    mode: str = "ok"
    asked: list[str] = field(default_factory=list)
    prompts: list[str] = field(default_factory=list)
    script: Sequence[Sequence[tuple[str, Answer]]] = ()
    window: int | None = None
    bodies: list[Answer] = field(default_factory=list)
    url: str = ""
    on_call: Callable[[str], None] = lambda _: None
    on_answer: Callable[[float, float], None] = lambda came, answered: None  # monotonic times

    def answer(self, body: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """The step that asks, and the message that answers it."""
        prompt = "\n".join(str(message.get("content") or "") for message in body["messages"])
        self.prompts.append(prompt)
        if body.get("tools"):
            self.bodies.append(body)
            turn = len(self.bodies) - 1
            offered = {tool["function"]["name"] for tool in body["tools"]}
            return "act", _calls(
                self.script[turn]
                if turn < len(self.script)
                else _turn(prompt, offered, several=self.mode == "several")
            )
        schema = body.get("response_format", {}).get("json_schema", {}).get("schema", {})
        step, content = _content(schema, prompt)
        if self.mode == "stubborn" and isinstance(content, dict) and "search" in content:
            content["search"] = [
                {**task, "goal": task["goal"].removeprefix(ELSEWHERE)} for task in content["search"]
            ]
        if self.mode == "garbage":
            content = "The sea is very, very deep, my friend"
        elif self.mode == "repeat":
            content = '{"answer": "' + "deep and deeper " * 400
        text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
        return step, {"role": "assistant", "content": text}

    def fault_at(self, step: str) -> Answering | None:
        """What is done instead of answering this call; None for nothing."""
        return None

    def overflows(self, body: dict[str, Any]) -> bool:
        """Whether an agent's turn is longer than the window."""
        size = sum(len(str(message.get("content") or "")) for message in body["messages"])
        return bool(body.get("tools")) and self.window is not None and size > self.window


def answer_form(schema: dict[str, Any], prompt: str) -> Answer | str:
    """The answer to a prompt in the form that is asked for, a text where none is; where tools are
    offered, a call of one."""
    if "anyOf" in schema or "tool" in schema.get("properties", {}):
        name, arguments = _chosen(prompt)
        return {"thought": "", "tool": name, "arguments": arguments}
    return _content(schema, prompt)[1]


_NAMED = r"\[d\d+\.\d+\] "  # before a sentence, as a strong model is shown it


def _chosen(prompt: str) -> tuple[str, Answer]:
    goal = re.findall(r"(?:Goal: |Claims:\n|目标：|陈述：\n|our task:\n)(.+)", prompt)[-1]
    return (
        ("finish", {})
        if re.search(rf"S1 |^{_NAMED}", prompt, re.MULTILINE)
        else ("batch_web_surfer", {"queries": [goal[:80]]})
    )


def _computed(prompt: str) -> tuple[str, Answer] | None:
    """Asked for a mean, and with two depths on the table: a program that takes their mean and draws
    them."""
    depths = dict(re.findall(r"\[(d\d+\.\d+)\] [^\[\n]*depth[^\[\n]* is ([\d,]+) metres", prompt))
    if "mean" not in prompt or len(depths) < 2 or "[run-" in prompt:
        return None
    code = r"""
import json, re
import matplotlib.pyplot as plt
texts = json.load(open("inputs.json")).values()
read = [re.search(r"is ([\d,]+) metres", text)[1] for text in texts]
values = [float(figure.replace(",", "")) for figure in read]
print("RESULT mean depth of the Kestrel Trench =", sum(values) / len(values), "metres")
plt.bar(range(len(values)), values)
plt.savefig("depths.png")
print("FIGURE depths.png Depths of the Kestrel Trench in metres")
"""
    return "shell", {"code": code, "inputs": list(depths)}


def _turn(prompt: str, offered: set[str], *, several: bool) -> list[tuple[str, Answer]]:
    name, arguments = (
        _chosen(prompt) if "shell" not in offered else _computed(prompt) or _chosen(prompt)
    )
    turn = [(name, arguments)]
    if several and "queries" in arguments:
        turn.append((name, {"queries": [f"{query} survey" for query in arguments["queries"]]}))
    return turn


def _calls(turn: Sequence[tuple[str, Answer]]) -> Answer:
    functions = [
        {"name": name, "arguments": json.dumps(arguments, ensure_ascii=False)}
        for name, arguments in turn
    ]
    calls = [
        {"id": f"c{i}", "type": "function", "function": function}
        for i, function in enumerate(functions, 1)
    ]
    return {"role": "assistant", "content": None, "tool_calls": calls}


def _content(schema: dict[str, Any], prompt: str) -> tuple[str, Answer | str]:
    """The step that asks for this form, and its answer; a text where no form is asked for."""
    properties = schema.get("properties", {})
    if not properties:
        return simulated_roles.text_of(prompt)
    if set(properties) == {"unclear"}:
        return "clarify", {
            "unclear": ["Which period?"] if properties["unclear"].get("minItems") else []
        }
    if set(properties) == {"findings"}:
        return "condense", {
            "findings": "; ".join(re.findall(rf"^(?:S\d+ |{_NAMED}).+$", prompt, re.MULTILINE))
            or "nothing"
        }
    return simulated_roles.played(properties, prompt) or simulated_embedded.played(
        properties, prompt
    )


@contextmanager
def serving(server: ModelServer, *, port: int = 0) -> Iterator[ModelServer]:
    """Serve it on loopback, on a free port if none is named."""

    def answer(to: BaseHTTPRequestHandler) -> None:
        came = time.monotonic()
        body = json.loads(to.rfile.read(int(to.headers["Content-Length"])))
        if to.headers.get("Authorization") != f"Bearer {KEY}":
            return _refuse(to, 401, "Incorrect API key provided")
        if server.mode == "broken":
            return _refuse(to, 500, "out of order")
        if server.overflows(body):
            server.asked.append("overflow")
            return _refuse(to, 400, "This model's maximum context length is exceeded")
        step, message = server.answer(body)
        server.on_call(step)
        if fault := server.fault_at(step):
            return fault(to)
        time.sleep(max(0.0, came + server.delay - time.monotonic()))
        server.on_answer(came, time.monotonic())
        send(to, 200, completion(message))
        server.asked.append(step)
        return None

    with listening(answer, port=port) as at:
        server.url = f"http://127.0.0.1:{at}/v1"
        yield server


def completion(message: Answer) -> bytes:
    """The body of an answer with this message."""
    usage = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
    choice = {
        "index": 0,
        "message": message,
        "finish_reason": "tool_calls" if message.get("tool_calls") else "stop",
    }
    return json.dumps(
        {
            "id": "r",
            "object": "chat.completion",
            "created": 0,
            "model": "m",
            "choices": [choice],
            "usage": usage,
        }
    ).encode()


def _refuse(to: BaseHTTPRequestHandler, status: int, reason: str) -> None:
    send(
        to,
        status,
        json.dumps(
            {"error": {"message": reason, "type": "invalid_request_error", "code": status}}
        ).encode(),
    )

"""A model endpoint in OpenAI's format on loopback, that answers every step of a run by rule, counts what it is asked, and can misbehave.

It reads the form of the answer it is asked for, as a model would, and answers from the sentences in the prompt.
"""

import json
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from evals.loopback import Answering, listening, send

KEY = "the-key"
STOP = {*"的是多少有", "what", "how", "the", "is", "of", "and", "a", "has", "been", "was", "who", "in", "did", "does"}
ELSEWHERE = "archives, newspapers and letters on "
Answer = dict[str, Any]


@dataclass
class ModelServer:
    """`delay` seconds a call; `mode`: ok, garbage, repeat, broken (500), several (calls in a turn), stubborn (asks again what it asked).
    `asked` lists the step of every call, `prompts` its text.

    `script` are the tool calls of an agent's turns, by how often tools were offered before; `window`, in characters, refuses
    longer turns of agents.
    `bodies` are the requests that offered tools."""

    delay: float = 0.0
    mode: str = "ok"
    asked: list[str] = field(default_factory=list)
    prompts: list[str] = field(default_factory=list)
    script: Sequence[Sequence[tuple[str, Answer]]] = ()
    window: int | None = None
    bodies: list[Answer] = field(default_factory=list)
    url: str = ""
    on_call: Callable[[str], None] = lambda _: None

    def answer(self, body: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """The step that asks, and the message that answers it."""
        prompt = "\n".join(str(message.get("content") or "") for message in body["messages"])
        self.prompts.append(prompt)
        if body.get("tools"):
            self.bodies.append(body)
            turn = len(self.bodies) - 1
            offered = {tool["function"]["name"] for tool in body["tools"]}
            return "act", _calls(self.script[turn] if turn < len(self.script) else _turn(prompt, offered, several=self.mode == "several"))
        schema = body.get("response_format", {}).get("json_schema", {}).get("schema", {})
        content: str | Answer
        step, content = _content(set(schema.get("properties", {})), schema, prompt)
        if self.mode == "stubborn" and "search" in content:
            content |= {"search": [{**task, "goal": task["goal"].removeprefix(ELSEWHERE)} for task in content["search"]]}
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


def answer_form(schema: dict[str, Any], prompt: str) -> Answer:
    """The answer to a prompt in the form that is asked for; where tools are offered, a call of one."""
    if "anyOf" in schema or "tool" in schema.get("properties", {}):
        name, arguments = _chosen(prompt)
        return {"thought": "", "tool": name, "arguments": arguments}
    return _content(set(schema.get("properties", {})), schema, prompt)[1]


_NAMED = r"\[d\d+\.\d+\] "  # before a sentence, as a strong model is shown it


def _chosen(prompt: str) -> tuple[str, Answer]:
    goal = re.findall(r"(?:Goal: |Claims:\n|目标：|陈述：\n|our task:\n)(.+)", prompt)[-1]
    return ("finish", {}) if re.search(rf"S1 |^{_NAMED}", prompt, re.MULTILINE) else ("batch_web_surfer", {"queries": [goal[:80]]})


def _computed(prompt: str) -> tuple[str, Answer] | None:
    """Asked for a mean, and with two depths on the table: a program that takes their mean and draws them."""
    depths = dict(re.findall(r"\[(d\d+\.\d+)\] [^\[\n]*depth[^\[\n]* is ([\d,]+) metres", prompt))
    if "mean" not in prompt or len(depths) < 2 or "[run " in prompt:
        return None
    code = r"""
import json, re
import matplotlib.pyplot as plt
values = [float(re.search(r"is ([\d,]+) metres", text)[1].replace(",", "")) for text in json.load(open("inputs.json")).values()]
print("RESULT mean depth of the Kestrel Trench =", sum(values) / len(values), "metres")
plt.bar(range(len(values)), values)
plt.savefig("depths.png")
print("FIGURE depths.png Depths of the Kestrel Trench in metres")
"""
    return "shell", {"code": code, "inputs": list(depths)}


def _turn(prompt: str, offered: set[str], *, several: bool) -> list[tuple[str, Answer]]:
    name, arguments = _chosen(prompt) if "shell" not in offered else _computed(prompt) or _chosen(prompt)
    turn = [(name, arguments)]
    if several and "queries" in arguments:
        turn.append((name, {"queries": [f"{query} survey" for query in arguments["queries"]]}))
    return turn


def _calls(turn: Sequence[tuple[str, Answer]]) -> Answer:
    functions = [{"name": name, "arguments": json.dumps(arguments, ensure_ascii=False)} for name, arguments in turn]
    calls = [{"id": f"c{i}", "type": "function", "function": function} for i, function in enumerate(functions, 1)]
    return {"role": "assistant", "content": None, "tool_calls": calls}


def _content(names: set[str], schema: dict[str, Any], prompt: str) -> tuple[str, Answer]:
    if names == {"questions"}:
        return "plan", {"questions": [re.findall(r"(?:Question: |问题：)(.+)", prompt)[-1]]}
    if "must_contain" in names:
        return "plan", _opening(prompt)
    if "why" in names:
        return "route", _decision(names, prompt)
    if names == {"unclear"}:
        return "clarify", {"unclear": ["Which period?"] if schema["properties"]["unclear"].get("minItems") else []}
    if "next" in names:
        return "route", {"answer": "not stated", "next": "write", "questions": []}
    if "answer" in names and "sections" in names:
        arranges = schema["properties"]["answer"].get("items", {}).get("type") == "integer"
        return "write", _arranged(prompt) if arranges else _report(prompt)
    if names == {"findings"}:
        return "condense", {"findings": "; ".join(re.findall(rf"^(?:S\d+ |{_NAMED}).+$", prompt, re.MULTILINE)) or "nothing"}
    if "inferences" in names:
        return "analyse", {"inferences": []}
    if any(name.startswith(("Document ", "文档")) for name in names):
        return "summary", _judged(names, prompt)
    return _written(names, prompt) or _checked(names, prompt)


def _written(names: set[str], prompt: str) -> tuple[str, Answer] | None:
    """The answers of a writer that works in parts."""
    if "answer_claims" in names:
        numbers = [int(n) for n in re.findall(r"^(\d+) .+$", prompt, re.MULTILINE)]
        parts = [{"heading": "Findings", "claims": numbers[::2]}, {"heading": "More findings", "claims": numbers}]
        return "outline", {"title": "What was found", "answer_claims": numbers[:1], "parts": parts, "table": None}
    if names == {"sentences"}:
        return "section", {"sentences": _said(prompt)}
    return None


def _checked(names: set[str], prompt: str) -> tuple[str, Answer]:
    """The answers to questions with one field a sentence, a conclusion, a text or a pair."""
    if any(re.fullmatch(r"I\d+", name) for name in names):
        return "follows", dict.fromkeys(sorted(names), "follows")
    if any(re.fullmatch(r"T\d+", name) for name in names):
        return "translate", dict.fromkeys(sorted(names), "")
    if any(name.startswith("P") for name in names):
        return "compare", dict.fromkeys(sorted(names), "yes")
    return "check", {name: _entailed(prompt, name) for name in sorted(names)}


def _entailed(prompt: str, name: str) -> str:
    """By the words and figures of a statement and of each sentence quoted under it: one that has half of its words and all its figures
    supports it, one that has two fifths, three at least, and other figures refutes it. Between languages words cannot tell."""
    found = re.search(rf"^{name} (.+)((?:\n   .+)+)", prompt, re.MULTILINE)
    if found is None:
        return "supported"
    statement, quotes = found[1], "\n".join(re.findall(r"^   “(.+)”$", found[2], re.MULTILINE))
    if bool(re.search("[\u4e00-\u9fff]", statement)) != bool(re.search("[\u4e00-\u9fff]", quotes)):
        return "supported"
    words = {word for word in _words(statement) if not word.isdigit()}
    shared = {said: len(words & _words(said)) for said in re.split(r"(?<=[.!?。！？])", quotes)}
    figures = _numbers(statement)
    if any(count * 2 >= len(words) and figures <= _numbers(said) for said, count in shared.items()):
        return "supported"
    denied = figures and any(count >= 3 and count * 5 >= len(words) * 2 and _numbers(said) for said, count in shared.items())
    return "refuted" if denied else "unsupported"


def _numbers(text: str) -> set[str]:
    return set(re.findall(r"\d+(?:[.,]\d+)*", text))


def _opening(prompt: str) -> Answer:
    """A part for each clause of the question (`…, and …`); the first search is for the first of them."""
    question = re.findall(r"(?:Question: |问题：)(.+)", prompt)[-1]
    parts = question.split(", and ")
    return {"brief": question, "must_contain": parts, "tasks": [{"goal": parts[0], "queries": [parts[0][:80]]}]}


def _decision(names: set[str], prompt: str) -> Answer:
    """A part is met by the claims that share most of its words. What is missing is searched for; where it was asked before, in archives.
    What is not verified is verified."""
    claims = re.findall(r"^(\d+) \[(.+?)\] (.+)$", prompt, re.MULTILINE)
    asked = set(re.findall(r"^- (.+)$", prompt, re.MULTILINE))
    met, missing = [], []
    for number, part in re.findall(r"^P(\d+) (.+)$", prompt, re.MULTILINE):
        words = _words(part)
        by = [int(n) for n, _, text in claims if len(words & _words(text)) * 2 > len(words)]
        met += [{"part": int(number), "claims": by}] if by else []
        missing += [] if by else [part if part not in asked else f"{ELSEWHERE}{part}"]
    risky = [int(n) for n, about, _ in claims if about.startswith(("not verified", "未核查"))]
    search = [{"goal": goal, "queries": [goal[:80]]} for goal in missing]
    answer = {"parts": met, "answer": "not stated", "why": f"{len(missing)} missing", "search": search, "verify": risky}
    return {name: value for name, value in {**answer, "next": "go_on" if missing or risky else "write"}.items() if name in names}


def _judged(names: set[str], prompt: str) -> Answer:
    """For each document the first sentence that shares enough words with the question; yes for each such sentence."""
    question = _words(re.findall(r"(?:Question: |问题：)(.+)", prompt)[-1])
    judged: Answer = dict.fromkeys(sorted(names), "no")
    document = ""
    for line in prompt.splitlines():
        if title := re.match(r"(Document [A-Z]|文档[A-Z]) \(", line):
            document = title.group(1)
            judged[document] = "not stated"
        number, text = re.fullmatch(r"(?:(S\d+) )?(.*)", line).groups()  # type: ignore[union-attr]  # it matches any line
        if document and len(question & _words(text)) * 2 > len(question) and not title and not text.startswith(("Question: ", "问题：")):
            judged |= {number: "yes"} if number else {}
            if judged[document] == "not stated":
                judged[document] = text[:60]
    return judged


def _words(text: str) -> set[str]:
    """Latin words but the smallest, and Chinese characters."""
    return set(re.findall(r"[\u4e00-\u9fff]|[a-z0-9]+", text.lower())) - STOP


def _arranged(prompt: str) -> Answer:
    numbers = [int(n) for n in re.findall(r"^(\d+) .+$", prompt, re.MULTILINE)]
    return {"title": "What was found", "answer": numbers[:1], "sections": [{"heading": "Findings", "claims": numbers}]}


def _said(prompt: str) -> list[Answer]:
    claims = re.findall(r"^(\d+) (.+)$", prompt, re.MULTILINE)
    return [{"text": f"It is written that {text[0].lower()}{text[1:]}", "claims": [int(n)]} for n, text in claims]


def _report(prompt: str) -> Answer:
    said = _said(prompt)
    sections = [{"heading": "Findings", "sentences": said[1:]}] if said[1:] else []
    return {"title": "What was found", "answer": said[:1], "sections": sections}


@contextmanager
def serving(server: ModelServer, *, port: int = 0) -> Iterator[ModelServer]:
    """Serve it on loopback, on a free port if none is named."""

    def answer(to: BaseHTTPRequestHandler) -> None:
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
        time.sleep(server.delay)
        send(to, 200, completion(message))
        server.asked.append(step)
        return None

    with listening(answer, port=port) as at:
        server.url = f"http://127.0.0.1:{at}/v1"
        yield server


def completion(message: Answer) -> bytes:
    """The body of an answer with this message."""
    usage = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls" if message.get("tool_calls") else "stop"}
    return json.dumps({"id": "r", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice], "usage": usage}).encode()


def _refuse(to: BaseHTTPRequestHandler, status: int, reason: str) -> None:
    send(to, status, json.dumps({"error": {"message": reason, "type": "invalid_request_error", "code": status}}).encode())

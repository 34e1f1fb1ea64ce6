"""An OpenAI-compatible endpoint on loopback that answers by script, and can misbehave in every way
it was seen to."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from agents.models import CallUsage, Models
from research.settings import Settings, load_settings

KEY = "right-key"
Body = dict[str, Any]


@dataclass(frozen=True)
class Told:
    """One response: a status, a body (JSON, or raw text), headers; `hold` waits with it."""

    body: Body | str = field(default_factory=dict)
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    hold: float = 0.0

    def raw(self) -> bytes:
        text = self.body if isinstance(self.body, str) else json.dumps(self.body)
        fields = {
            "Content-Type": "application/json",
            "Content-Length": str(len(text.encode())),
            "Connection": "close",
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in (fields | self.headers).items())
        return f"HTTP/1.1 {self.status} X\r\n{head}\r\n{text}".encode()


def completion(
    content: str | None = "", *, finish: str = "stop", usage: Body | None = None, **message: Any
) -> Told:
    choice = {
        "index": 0,
        "finish_reason": finish,
        "message": {"role": "assistant", "content": content, **message},
    }
    counted = (
        {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
        if usage is None
        else usage
    )
    body = {
        "id": "c1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [choice],
        "usage": counted,
    }
    return Told({name: value for name, value in body.items() if value != {}})


def failure(
    status: int, message: str, *, kind: str = "error", hold: float = 0.0, **headers: str
) -> Told:
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    return Told({"error": {"message": message, "type": kind}}, status, told, hold)


Script = Callable[[Body], Told]


@dataclass
class Endpoint:
    """`says` is asked for each request in turn, the last response again and again; or a function of
    the request."""

    port: int = 0
    asked: list[Body] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    most_at_once: int = 0
    at_once: int = 0
    script: list[Told] | Script = field(default_factory=list)
    was_asked: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def says(self, *told: Told) -> None:
        self.script = list(told)

    def answer(self, body: Body, key: str) -> Told:
        if key != f"Bearer {KEY}":
            return failure(401, "Incorrect API key provided", kind="invalid_request_error")
        if callable(self.script):
            return self.script(body)
        return self.script.pop(0) if len(self.script) > 1 else self.script[0]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            fields = {
                name.strip().lower(): value.strip()
                for name, _, value in (line.partition(":") for line in head.split("\r\n")[1:])
            }
            body = json.loads(await reader.readexactly(int(fields["content-length"])))
            self.asked.append(body)
            self.keys.append(fields.get("authorization", ""))
            self.was_asked.set()
            told = self.answer(body, fields.get("authorization", ""))
            await asyncio.sleep(told.hold)
            writer.write(told.raw())
            await writer.drain()
        except ConnectionError:
            pass  # the client has gone
        finally:
            self.at_once -= 1
            writer.close()


@pytest.fixture
async def endpoint() -> AsyncIterator[Endpoint]:
    fake = Endpoint()
    server = await asyncio.start_server(fake.serve, "127.0.0.1", 0)
    fake.port = server.sockets[0].getsockname()[1]
    async with server:
        yield fake


@dataclass
class Bill:
    """An `on_call` that keeps what it is told."""

    calls: list[CallUsage] = field(default_factory=list)

    async def __call__(self, usage: CallUsage) -> None:
        self.calls.append(usage)

    @property
    def errors(self) -> list[str | None]:
        return [call.error for call in self.calls]


@pytest.fixture
def bill() -> Bill:
    return Bill()


def endpoint_settings(endpoint: Endpoint, **overrides: Any) -> Settings:
    chosen: dict[str, Any] = {
        "model": "openai:m",
        "model_base_url": endpoint.url,
        "model_api_key": KEY,
    }
    return load_settings(**(chosen | overrides))


@pytest.fixture
async def models(endpoint: Endpoint) -> AsyncIterator[Models]:
    async with Models(endpoint_settings(endpoint), delays=(0.01, 0.01, 0.01)) as opened:
        yield opened

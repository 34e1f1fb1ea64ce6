"""The embedded model: the real llama.cpp with the real weights, in its child process."""

import asyncio
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from pydantic import BaseModel, Field

from agents.models import Message, Models, ToolSpec
from agents.models.embedded import embedded as module
from agents.models.embedded.embedded import embedded_server
from agents.models.embedded.weights import DEFAULT
from research.errors import ContextOverflow, ModelUnavailable
from research.settings import load_settings
from tests.agents.models.conftest import Bill

WEIGHTS = load_settings().cache_dir / "models" / DEFAULT.file
needs_weights = pytest.mark.skipif(
    not WEIGHTS.is_file(), reason=f"{WEIGHTS} is not there; `leadline ask` once downloads it"
)


class Pick(BaseModel):
    sentence: int = Field(ge=1, le=3)


ASKED: list[Message] = [
    {
        "role": "system",
        "content": "You pick the sentence that answers the question. Answer with its number.",
    },
    {
        "role": "user",
        "content": "1 The tower was painted red.\n2 The tower stands 48 metres high.\n3 It rained.\nHow high is the tower?",
    },
]
SEARCH = ToolSpec(
    "search",
    "Search the web.",
    {
        "type": "object",
        "properties": {
            "queries": {
                "type": "array",
                "items": {"type": "string", "maxLength": 60},
                "minItems": 1,
                "maxItems": 2,
            }
        },
        "required": ["queries"],
        "additionalProperties": False,
    },
)


async def longest_lag(seconds: list[float]) -> None:
    while True:
        started = time.monotonic()
        await asyncio.sleep(0.01)
        seconds.append(time.monotonic() - started - 0.01)


@needs_weights
@pytest.mark.model
async def test_answers_and_acts_and_is_gone(bill: Bill) -> None:
    lags: list[float] = []
    watch = asyncio.create_task(longest_lag(lags))
    told: list[str] = []
    async with (
        Models(load_settings(), tell=told.append) as models,
        Models(load_settings(), tell=told.append) as others,
    ):
        role = models.role("search")
        assert role.embedded
        reply = await role.ask(ASKED, Pick, max_tokens=50, on_call=bill)
        again = await others.role("verify").ask(ASKED, Pick, max_tokens=50, on_call=bill)
        assert reply.sentence == again.sentence == 2
        task: Message = {"role": "user", "content": "Task: how high is the tower of Skerry Point?"}
        [action] = await role.act([ASKED[0], task], [SEARCH], max_tokens=200, on_call=bill)
        assert action.tool == "search" and action.arguments["queries"]
        child = module._running
        assert child and child.users == 2  # one server for both
        await refuses_strangers(child.base_url)
        with pytest.raises(ContextOverflow):
            await role.ask(
                [{"role": "user", "content": "one two three four " * 6000}],
                Pick,
                max_tokens=9,
                on_call=bill,
            )
    watch.cancel()
    assert told == []
    assert max(lags) < 2.0, "loading must not hold the event loop"
    assert [call.usd for call in bill.calls] == [0.0] * 4
    assert bill.calls[1].cached_tokens > 20
    assert module._running is None
    with pytest.raises(httpx.ConnectError):
        async with httpx.AsyncClient(trust_env=False) as client:
            await client.get(child.base_url)


async def refuses_strangers(base_url: str) -> None:
    assert base_url.startswith("http://127.0.0.1:")
    async with httpx.AsyncClient(base_url=base_url.removesuffix("/v1"), trust_env=False) as client:
        assert (await client.post("/v1/chat/completions", json={"messages": []})).status_code == 401
        assert (await client.get("/slots")).status_code in (401, 404, 501)
        assert (await client.get("/")).status_code in (401, 404)
        allowed = (await client.get("/health", headers={"Origin": "http://evil.example"})).headers
        assert allowed.get("access-control-allow-origin") not in ("*", "http://evil.example")


@needs_weights
@pytest.mark.model
def test_the_child_does_not_outlive_a_killed_parent() -> None:
    story = (
        "import asyncio, sys\nfrom pathlib import Path\nfrom agents.models.embedded.embedded import embedded_server\n"
        "async def main():\n"
        "    async with embedded_server(Path(sys.argv[1])) as server:\n"
        "        print(server.base_url, flush=True)\n"
        "        await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", story, str(WEIGHTS)], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout
        health = parent.stdout.readline().strip().replace("/v1", "/health")
        assert httpx.get(health, trust_env=False).status_code == 200
        parent.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 60
    with pytest.raises(httpx.TransportError):
        while time.monotonic() < deadline:
            httpx.get(health, trust_env=False)
            time.sleep(0.05)


async def test_weights_that_are_none_make_it_unavailable(tmp_path: Path) -> None:
    path = tmp_path / "no.gguf"
    path.write_bytes(b"no weights")
    with pytest.raises(ModelUnavailable, match="it ended while loading"):
        async with embedded_server(path):
            pass
    assert module._running is None


SLOW = """
import http.server, sys, threading, time
sys.stdin.readline()
time.sleep(0.5)
class Ready(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
server = http.server.HTTPServer(("127.0.0.1", 0), Ready)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(f"http://127.0.0.1:{server.server_port}", flush=True)
sys.stdin.read()
"""


async def test_a_start_that_is_cancelled_gives_the_server_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "slow.py"
    path.write_text(SLOW)
    monkeypatch.setattr(module, "SERVER", path)

    async def begin() -> None:
        async with embedded_server(tmp_path / "w"):
            pass

    begun = asyncio.create_task(begin())
    await asyncio.sleep(0.2)
    begun.cancel()
    with pytest.raises(asyncio.CancelledError):
        await begun
    # the lock is free again when the start is over; then a new user gets a server of its own and
    # ends it
    async with embedded_server(tmp_path / "w") as server:
        assert server.base_url.startswith("http://127.0.0.1:")
        await asyncio.sleep(0.1)
        assert module._running and module._running.users == 1
    assert module._running is None

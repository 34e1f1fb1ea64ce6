"""What is read misbehaves: no search engine answers, pages hang, a library or the database is
damaged. A run ends in an honest report, or in a typed error that says what mends it; it can be
resumed, and its siblings are unharmed."""

import json
import sqlite3
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evals.doubles.loopback import Answering, listening
from evals.doubles.simulated_model import ModelServer, serving
from evals.doubles.small_web import SmallWeb, query_of, serving_pages
from tests.acceptance import faulty_server as faults
from tests.acceptance.conftest import Leadline, prepared, together
from tests.acceptance.faulty_server import told

QUESTION = "What is the depth of the Kestrel Trench?"
TWO_PARTS = "What is the depth of the Kestrel Trench, and who built the cable railway?"
PAGES = {
    "/trench": (
        "The Kestrel Trench",
        (
            "The depth of the Kestrel Trench is 7,420 metres, as the survey ship Merle found in 2021.",
        ),
    ),
    "/railway": (
        "The railway",
        ("Maribel Ortiz built the cable railway of the harbour in 1931.", "It is still in use."),
    ),
}
# As plain text, which needs no process of its own to be parsed.
PLAIN = {
    path: told(200, "\n\n".join(paragraphs).encode(), Content_Type="text/plain")
    for path, (_, paragraphs) in PAGES.items()
}
NO_ENGINE = (
    b'{"results": [], "unresponsive_engines": [["google", "timeout"], ["brave", "access denied"]]}'
)
DOWN: dict[str, Answering | None] = {
    "refused": None,
    "500": told(500, b"oops"),
    "no engine answers": told(200, NO_ENGINE),
    "HTML": told(200, b"<html>Welcome</html>", Content_Type="text/html"),
    "silence": faults.silent,
    "cut": faults.cut,
    "a storm of 429": told(429, b"", Retry_After="3600"),
}


def on_the_web(leadline: Leadline, web: SmallWeb, *more: str) -> tuple[str, ...]:
    leadline.searches(web)
    return ("ask", QUESTION, "--web", "--effort", "quick", *more)


def events(leadline: Leadline, type: str) -> list[dict[str, Any]]:
    with sqlite3.connect(
        Path(leadline.environment["LEADLINE_DATA_DIR"]) / "leadline.db"
    ) as connection:
        rows = connection.execute(
            "SELECT data FROM events WHERE type = ? ORDER BY id", (type,)
        ).fetchall()
    connection.close()
    return [json.loads(data) for (data,) in rows]


def test_search_that_is_down_fails_typed_however_often_it_is_resumed_and_completes_when_it_is_back(
    tmp_path: Path,
) -> None:
    def one(number: int, fault: Answering | None) -> None:
        web = SmallWeb(PAGES, odd=PLAIN | ({"/search": fault} if fault else {}))
        with serving(ModelServer()) as model:
            with serving_pages(web):
                leadline = prepared(tmp_path / str(number), model.url)
                asking = on_the_web(leadline, web)
                leadline.environment["LEADLINE_SEARCH_TIMEOUT"] = "1"
                ended = leadline.run(*asking) if fault else None
            port = int(web.place.rsplit(":", 1)[1])
            if ended is None:  # from now on nobody listens there
                ended = leadline.run(*asking)
            job_id = ended.stdout.split()[0]
            with serving_pages(web, port=port) if fault else listening(faults.reset):
                again = leadline.run("resume", job_id)
            for failed in (ended, again):
                assert failed.returncode == 1, failed.stdout
                assert "No search provider answered: searxng: " in failed.stderr
                assert "LEADLINE_SEARXNG_URL" in failed.stderr and "Traceback" not in failed.stderr
            assert (
                leadline.run("report", "show", job_id).returncode == 1
            )  # an outage is no lack of evidence
            web.odd.pop("/search", None)
            del leadline.environment["LEADLINE_SEARCH_TIMEOUT"]
            with serving_pages(web, port=port):
                resumed = leadline.run("resume", job_id, "--json")
            assert resumed.returncode == 0, resumed.stderr
            report = json.loads(resumed.stdout)
            assert "7,420" in report["markdown"]
            assert Counter(model.asked)["plan"] == 1

    together(*(lambda n=n, fault=fault: one(n, fault) for n, fault in enumerate(DOWN.values())))  # type: ignore[misc]


def test_search_that_is_back_and_finds_nothing_is_no_outage_any_more(leadline: Leadline) -> None:
    with serving_pages(SmallWeb({}, odd={"/search": told(500, b"")})) as web:
        failed = leadline.run(*on_the_web(leadline, web))
        assert failed.returncode == 1 and "No search provider answered" in failed.stderr
        web.odd.clear()
        resumed = leadline.run("resume", failed.stdout.split()[0], "--json")
    assert resumed.returncode == 0, resumed.stderr
    report = json.loads(resumed.stdout)
    assert report["status"] == "insufficient_evidence"
    assert any("No search provider answered" in limitation for limitation in report["limitations"])


def standard(leadline: Leadline, web: SmallWeb) -> dict[str, Any]:
    """The report on the question of two parts: the second is searched for in the second round,
    while the first is verified."""
    leadline.searches(web)
    done = leadline.run("ask", TWO_PARTS, "--web", "--effort", "standard", "--json", timeout=200)
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def test_search_that_goes_down_in_mid_run_leaves_what_was_found_and_is_told(
    leadline: Leadline, model: ModelServer
) -> None:
    with serving_pages(SmallWeb(PAGES, odd=dict(PLAIN))) as web:
        model.on_call = lambda step: (
            web.odd.update({"/search": told(500, b"")}) if step == "route" else None
        )
        web.odd["/railway"] = told(404, b"")
        report = standard(leadline, web)
    assert report["status"] == "partial"
    assert "7,420" in report["markdown"]
    assert any("No search provider answered" in limitation for limitation in report["limitations"])
    assert {ended["outcome"] for ended in events(leadline, "agent.finished")[1:]} == {"failed"}


def test_an_agent_whose_search_fails_leaves_its_siblings_alone(
    leadline: Leadline, model: ModelServer
) -> None:
    def unless_for_the_railway(to: Any) -> None:
        if "railway" in query_of(to.path):
            told(500, b"")(to)
        else:
            told(200, web.answer("/search")[2].encode())(to)

    with serving_pages(
        SmallWeb({"/trench": PAGES["/trench"]}, odd=PLAIN | {"/search": unless_for_the_railway})
    ) as web:
        model.script = [
            [("batch_web_surfer", {"queries": ["Kestrel Trench"]})],
            [("finish", {"findings": "7,420 metres"})],
        ]
        report = standard(leadline, web)
    outcomes = {ended["task_id"]: ended["outcome"] for ended in events(leadline, "agent.finished")}
    assert outcomes["r2v1"] == "finished" and outcomes["r2s1"] == "failed"
    assert "7,420" in report["markdown"]
    assert report["answer"][0]["verdict"] == "supported"


def test_pages_that_hang_are_told_as_failures_and_the_run_ends_in_time(tmp_path: Path) -> None:
    def one(name: str, *more: str, **settings: str) -> tuple[dict[str, Any], Leadline]:
        with (
            serving(ModelServer()) as model,
            listening(faults.silent) as mute,  # it does not even answer for its robots.txt
            serving_pages(
                SmallWeb(
                    {"/trench": PAGES["/trench"]},
                    odd=PLAIN | {"/silent": faults.silent, "/drip": faults.drip},
                )
            ) as web,
        ):
            web.found = ["/silent", "/drip", f"http://127.0.0.1:{mute}/page"]
            leadline = prepared(tmp_path / name, model.url, **settings)
            asking = on_the_web(leadline, web, "--json", *more)
            leadline.environment["LEADLINE_ALLOW_HOSTS"] += f",127.0.0.1:{mute}"
            done = leadline.run(*asking)
            assert done.returncode == 0, done.stderr
            return json.loads(done.stdout), leadline

    (short, leadline), (capped, _) = together(
        lambda: one("short", LEADLINE_PAGE_TIMEOUT="2"),
        lambda: one("capped", "--max-seconds", "10", LEADLINE_PAGE_TIMEOUT="60"),
    )
    assert short["usage"]["seconds"] < 30  # that is how long one of them would take
    assert [source["url"].rsplit("/", 1)[1] for source in short["sources"]] == ["trench"]
    assert "7,420" in short["markdown"]
    assert "Pages that could not be read: 3 (3 timeout)." in short["limitations"]
    failures = [failure for step in events(leadline, "agent.step") for failure in step["failures"]]
    assert {
        name
        for name in ("/silent", "/drip", "/page")
        for failure in failures
        if f"{name} (timeout)" in failure
    } == {
        "/silent",
        "/drip",
        "/page",
    }
    assert capped["usage"]["seconds"] < 20
    assert "Pages that could not be read: 3 (3 timeout)." in capped["limitations"]
    assert capped["sources"]  # what was read in time is written up


def test_when_no_page_found_can_be_read_the_report_says_so(leadline: Leadline) -> None:
    with serving_pages(SmallWeb(PAGES, odd={path: told(503, b"") for path in PAGES})) as web:
        done = leadline.run(*on_the_web(leadline, web, "--json"))
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["status"] == "insufficient_evidence"
    assert "Pages that could not be read: 2 (2 server error)." in report["limitations"]


def altered(statement: str) -> Callable[[Path], None]:
    def alter(database: Path) -> None:
        with sqlite3.connect(database) as connection:
            assert connection.execute(statement).rowcount
        connection.close()

    return alter


DAMAGE: dict[str, Callable[[Path], None]] = {
    "a text is missing": altered("DELETE FROM snapshots WHERE text LIKE '%7,420%'"),
    "a text is another": altered("UPDATE snapshots SET text = replace(text, '7,420', '9,999')"),
    "sentences out of bounds": altered("UPDATE snapshots SET sentences = '[[0, 100000]]'"),
    "sentences that are no JSON": altered("UPDATE snapshots SET sentences = 'zzz'"),
}


def test_a_damaged_library_is_an_error_that_names_what_mends_it_and_that_mends_it(
    leadline: Leadline, model: ModelServer
) -> None:
    assert leadline.run("library", "add", "sea", str(leadline.library)).returncode == 0
    database = Path(leadline.environment["LEADLINE_DATA_DIR"]) / "leadline.db"
    mend = f"leadline library add sea {leadline.library}"
    for damage in DAMAGE.values():
        damage(database)
        model.asked.clear()
        found = leadline.run("search", "Kestrel Trench depth", "--library", "sea")
        failed = leadline.run("ask", QUESTION, "--library", "sea", "--no-web", "--effort", "quick")
        for ended in (found, failed):
            assert ended.returncode == 1, ended.stdout
            assert "The library sea cannot be used" in ended.stderr and f"`{mend}`" in ended.stderr
            assert "Traceback" not in ended.stderr
        assert model.asked == []
        assert leadline.run(*mend.split()[1:]).returncode == 0
        resumed = leadline.run("resume", failed.stdout.split()[0], "--json")
        assert resumed.returncode == 0, resumed.stderr
        assert "7,420" in resumed.stdout and "9,999" not in resumed.stdout


@pytest.mark.parametrize(
    "garbage", [b"not a database at all " * 1000, b""], ids=["no database", "torn"]
)
def test_a_damaged_database_is_an_error_that_names_it(leadline: Leadline, garbage: bytes) -> None:
    job_id = leadline.ask(QUESTION).stdout.split()[0]
    database = Path(leadline.environment["LEADLINE_DATA_DIR"]) / "leadline.db"
    whole = database.read_bytes()
    for journal in database.parent.glob("leadline.db-*"):
        journal.unlink()
    database.write_bytes(garbage or whole[:8192] + b"\xff" * (len(whole) - 8192))
    for command in (
        ("report", "show", job_id),
        ("ask", QUESTION, "--library", str(leadline.library), "--no-web", "--effort", "quick"),
    ):
        ended = leadline.run(*command)
        assert ended.returncode == 1, ended.stdout
        assert (
            f"The database {database} cannot be used" in ended.stderr
            and "LEADLINE_DATA_DIR" in ended.stderr
        )
        assert "Traceback" not in ended.stderr
    examined = leadline.run("doctor")
    assert examined.returncode == 1 and f"The database {database} cannot be used" in examined.stdout
    database.write_bytes(whole)
    assert leadline.run("report", "show", job_id).returncode == 0

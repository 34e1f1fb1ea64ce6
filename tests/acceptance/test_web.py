"""Research on the web: a small one on loopback, found through a search server in SearXNG's format."""

import json
from collections.abc import Iterator

import pytest

from evals.doubles.small_web import SmallWeb, serving_pages
from tests.acceptance.conftest import Leadline
from tests.acceptance.faulty_server import told

FILLER = (
    "The harbour office publishes notices for mariners every week, and keeps them in an archive that anyone may read. "
    * 6
)
PAGES = {
    "/trench": (
        "The Kestrel Trench",
        (
            "The depth of the Kestrel Trench is 7,420 metres, as the survey ship Merle found in 2021.",
            FILLER,
        ),
    ),
    "/dispute": (
        "A deeper trench",
        (
            "The depth of the Kestrel Trench is 7,510 metres according to the older chart of the harbour office.",
            FILLER,
        ),
    ),
}
FACTS = '<meta name="author" content="Ada Quill"><meta property="article:published_time" content="2024-05-06">'
CHALLENGE = b"<html><head><title>Just a moment...</title></head><body>Checking your browser. cf-chl Enable JavaScript.</body></html>"


@pytest.fixture
def web() -> Iterator[SmallWeb]:
    challenge = told(403, CHALLENGE, Content_Type="text/html")
    found = ["/challenge", "http://169.254.169.254/latest"]
    with serving_pages(
        SmallWeb(PAGES, head=FACTS, found=found, odd={"/challenge": challenge})
    ) as served:
        yield served


def test_pages_are_found_read_and_cited(leadline: Leadline, web: SmallWeb) -> None:
    leadline.searches(web)
    done = leadline.run(
        "ask", "What is the depth of the Kestrel Trench?", "--web", "--effort", "quick", "--json"
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["status"] == "complete"
    assert {source["url"] for source in report["sources"]} == {
        f"http://{web.place}{path}" for path in PAGES
    }
    assert {source["author"] for source in report["sources"]} == {"Ada Quill"}
    assert len(report["contradictions"]) == 1
    assert "Just a moment" not in report["markdown"]
    assert "169.254" not in report["markdown"]


def test_a_search_that_nobody_answers_is_an_error_and_no_lack_of_evidence(
    leadline: Leadline, web: SmallWeb
) -> None:
    leadline.environment.update(
        {"LEADLINE_SEARCH": "searxng", "LEADLINE_SEARXNG_URL": "http://127.0.0.1:9"}
    )
    done = leadline.run(
        "ask", "What is the depth of the Kestrel Trench?", "--web", "--effort", "quick"
    )
    assert done.returncode == 1
    assert "No search provider answered" in done.stderr
    leadline.searches(web)
    resumed = leadline.run("resume", done.stdout.split()[0], "--json")
    assert resumed.returncode == 0, resumed.stderr
    assert json.loads(resumed.stdout)["sources"]

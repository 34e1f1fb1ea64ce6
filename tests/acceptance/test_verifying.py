"""A verify agent on a small web of several sites: what corroborates a claim, what refutes it, and
who is not counted."""

import json
from pathlib import Path
from typing import Any

import pytest

from evals.doubles.simulated_model import ModelServer
from evals.doubles.small_web import SmallWeb, serving_pages
from evals.graders.invariants import violations
from research.domain.report import Report
from research.reporting import bind as cite
from tests.acceptance.conftest import Leadline
from tests.acceptance.test_ask import stored_texts

HOUR = {
    "en": "The survey ship Merle kept her station through the day {n} of the cruise and took soundings by wire until dusk.",
    "zh": "测量船梅尔号在航次的第{n}天守在站位上用钢丝测深直到黄昏时分。",
}
OWN, SAME_SITE, COPY, AGREES, DENIES = "/trench", "/again", "/copy", "/gauge", "/chart"
ADDRESS = {
    OWN: "127.0.0.1",
    SAME_SITE: "127.0.0.1",
    COPY: "127.0.0.2",
    AGREES: "127.0.0.3",
    DENIES: "127.0.0.4",
}
SAID = {
    "en": {
        OWN: "The depth of the Kestrel Trench is 7,420 metres.",
        SAME_SITE: "Once more: a depth of 7,420 metres is what the Kestrel Trench has.",
        COPY: "The depth of the Kestrel Trench is 7,420 metres.",
        AGREES: "A pressure gauge gave 7,420 metres as the depth of the Kestrel Trench.",
        DENIES: "From rim to floor the Kestrel Trench comes to 7,510 metres.",
    },
    "zh": {
        OWN: "红隼海沟的深度是7420米。",
        SAME_SITE: "本站再次报道红隼海沟的深度为7420米。",
        COPY: "红隼海沟的深度是7420米。",
        AGREES: "压力计测得红隼海沟深度为7420米。",
        DENIES: "海图上红隼海沟从边缘到沟底为7510米。",
    },
}
QUESTION = {"en": "What is the depth of the Kestrel Trench?", "zh": "红隼海沟的深度是多少？"}
VALUE = {"en": "7,420", "zh": "7420"}


def sites(language: str) -> SmallWeb:
    """The pages of one language. A search finds the first page; one for a claim, which holds the
    value, all of them."""
    pages = {
        path: (f"Page {path}", (said, hours(language, path)))
        for path, said in SAID[language].items()
    }
    return SmallWeb(
        pages, hosts=ADDRESS, finds=lambda query, path: path == OWN or VALUE[language] in query
    )


def hours(language: str, path: str) -> str:
    """What a page tells beside its value; the copy tells the same as the first page."""
    numbers = range(2, 12) if path in (OWN, COPY) else [path]
    return " ".join(HOUR[language].format(n=n) for n in numbers)


def asked(leadline: Leadline, web: SmallWeb, language: str, *more: str) -> dict[str, Any]:
    port = web.place.partition(":")[2]
    hosts = ",".join(f"{address}:{port}" for address in sorted(set(ADDRESS.values())))
    own = {
        "LEADLINE_SEARCH": "searxng",
        "LEADLINE_SEARXNG_URL": f"http://{web.place}",
        "LEADLINE_ALLOW_HOSTS": hosts,
    }
    leadline.environment.update(own)
    done = leadline.run(
        "ask", QUESTION[language], "--web", "--effort", "standard", "--json", *more, timeout=200
    )
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    stored = stored_texts(Path(leadline.environment["LEADLINE_DATA_DIR"]))
    assert violations(Report.model_validate(report), stored, render=cite.render) == []
    return report


@pytest.mark.parametrize("language", ["en", "zh"])
def test_another_site_corroborates_a_chart_denies_and_neither_a_copy_nor_the_same_site_counts(
    leadline: Leadline, model: ModelServer, language: str
) -> None:
    with serving_pages(sites(language)) as web:
        report = asked(leadline, web, language)
        numbers = {source["url"]: source["n"] for source in report["sources"]}
        (dispute,) = report["contradictions"]
        assert dispute["kind"] == "conflict"
        quotes = {evidence["quote"] for side in dispute["sides"] for evidence in side["evidence"]}
        assert {SAID[language][OWN], SAID[language][DENIES]} <= quotes
        said = next(s for s in report["answer"] if VALUE[language] in s["text"])
        assert (said["verdict"], said["independent"]) == ("contested", 2)
        assert {numbers[web.url(OWN)], numbers[web.url(AGREES)]} <= {
            e["n"] for e in said["evidence"]
        }

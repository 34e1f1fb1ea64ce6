"""The suite *ssrf* on cases of our own: what it takes for refused, and that it would notice a hole."""

import json
from ipaddress import ip_address
from pathlib import Path

import pytest

from browser.net import guard
from browser.net.render import find_chromium
from evals.errors import DataInvalid
from evals.suites import ssrf

OURS = {
    "parametrized": {
        name: {"args": "ip", "cases": []} for name in (*ssrf.PRIVATE, *ssrf.PUBLIC, ssrf.SCHEMES)
    },
    "url_literals": [
        "http://[fe80::7]:81/x",
        "https://example.org/a",
        "http://printer.local/",
        "ldap://example.org/",
        "http://",
    ],
}
GROUPS = {
    "test_private_ips_detected": ["10.20.30.40", "::1"],
    "test_nat64_metadata_detected": ["64:ff9b::a9fe:a9fe"],
    "test_public_ips_allowed": ["9.9.9.9"],
    "test_blocked_protocols": [["sftp://example.org/x", "sftp"]],
}


@pytest.fixture
def cases(tmp_path: Path) -> ssrf.Cases:
    for name, found in GROUPS.items():
        OURS["parametrized"][name]["cases"] = found  # type: ignore[call-overload]  # the format is nested plain JSON
    (tmp_path / ssrf.FILE).write_text(json.dumps(OURS))
    return ssrf.read_cases(tmp_path)


def test_cases_are_sorted_without_asking_the_guard(cases: ssrf.Cases) -> None:
    assert cases.private == (
        "http://10.20.30.40/",
        "http://[::1]/",
        "http://[64:ff9b::a9fe:a9fe]/",
        "http://[fe80::7]:81/x",
        "http://printer.local/",
    )
    assert cases.malformed == ("sftp://example.org/x", "ldap://example.org/", "http://")
    assert cases.public == ("http://9.9.9.9/", "https://example.org/a")


async def test_all_is_refused_and_the_controls_are_not(cases: ssrf.Cases) -> None:
    told: list[str] = []
    outcome = await ssrf.run(cases, browser=False, tell=told.append)
    assert told == []
    values = {name: metric.value for name, metric in outcome.metrics.items()}
    assert values == {
        "refused.direct": 1.0,
        "refused.redirected": 1.0,
        "refused.rebound": 1.0,
        "refused.in_browser": None,
        "allowed.public": 1.0,
    }
    assert (outcome.n, outcome.ungraded) == (10, 5)


async def test_a_hole_is_seen_and_leads_nowhere(
    cases: ssrf.Cases, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = guard.refusal
    monkeypatch.setattr(
        guard,
        "refusal",
        lambda address: None if address == ip_address("10.20.30.40") else real(address),
    )
    told: list[str] = []
    await ssrf.run(cases, browser=False, tell=told.append)
    assert told == [
        f"NOT REFUSED {form}: http://10.20.30.40/" for form in ("direct", "redirected", "rebound")
    ]


@pytest.mark.browser
@pytest.mark.skipif(find_chromium() is None, reason="no Chromium on this machine")
async def test_from_inside_a_page(cases: ssrf.Cases) -> None:
    outcome = await ssrf.run(cases, browser=True, tell=lambda line: None)
    assert outcome.metrics["refused.in_browser"].value == 1.0


def test_other_json_is_not_taken_for_cases(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("{}")
    with pytest.raises(DataInvalid):
        ssrf.read_cases(tmp_path / "x.json")

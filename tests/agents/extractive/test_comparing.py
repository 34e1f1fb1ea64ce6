"""Which sentences differ, and how that is told."""

import pytest

from agents.extractive.comparing import contradictions, differ
from research.domain import Claim, Quote, Reading
from tests.research.readings import reading_of, snapshot_of

PAIRS = [
    ("The depth of the Deep is 10,935 metres.", "The depth of the Deep is 10,984 metres.", True),
    ("The depth of the Deep is 10,935 metres.", "The Deep has a depth of 10,935 metres.", False),
    ("Lake Baikal is 1,642 metres deep.", "Lake Tanganyika is 1,470 metres deep.", False),
    ("The bridge has 12 arches.", "The bridge is 240 metres long.", False),
    ("A ticket for the pool costs 4 euros.", "A ticket for the pool costs 90 euros.", False),
    ("The tower is 31 metres high.", "The tower was moved 65 metres inland.", False),
    ("The oven cost 7 million pounds.", "Revenue was 18 million pounds.", False),
    ("海沟的深度为7420米。", "海沟的深度为7510米。", True),
    ("line: 3; year: 2022; riders: 12", "line: 3; year: 2023; riders: 15", False),
]


@pytest.mark.parametrize(("first", "second", "told"), PAIRS)
def test_two_values_of_one_measure_differ(first: str, second: str, told: bool) -> None:
    assert differ(first, second) is differ(second, first) is told


def known(*said: tuple[str, str, str]) -> tuple[list[Claim], dict[str, Reading]]:
    """Claims, each of a document of its own with its title and date."""
    claims, readings = [], {}
    for n, (text, title, date) in enumerate(said, 1):
        snapshot = snapshot_of(f"{text} ({n})")
        reading = reading_of(
            snapshot, f"https://example{n}.org/", title=title, published_at=date or None
        )
        readings[reading.id] = reading
        quote = Quote(
            reading_id=reading.id, snapshot_id=snapshot.id, spans=((0, len(text)),), quote=text
        )
        claims.append(Claim(id=f"c{n}", text=text, evidence=(quote,)))
    return claims, readings


DEEP = "The depth of the Deep is 10,935 metres."
DEEPER = "The depth of the Deep is 10,984 metres."


def test_a_conflict_has_a_side_for_each_value_the_newest_first() -> None:
    said = (DEEPER, "Sonar", "2014-06-02"), (DEEP, "Pressure", "2021-12-20"), (DEEPER, "Chart", "")
    (found,) = contradictions(*known(*said))
    assert found.kind == "conflict"
    assert [side.text for side in found.sides] == [DEEP, DEEPER]
    assert [len(side.evidence) for side in found.sides] == [1, 2]
    assert "Pressure (2021-12-20)" in found.note and found.topic == "The depth of the Deep"


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        (
            ("In 2019 the fleet had 40 ships of 9 metres.", "Ships", ""),
            ("In 2024 the fleet had 52 ships of 12 metres.", "Fleet", ""),
        ),
        (
            ("The fleet of the firm is 960 metres long.", "Fleet report 2019", "2019-02-01"),
            ("The fleet of the firm is 980 metres long.", "Fleet report 2024", "2024-02-01"),
        ),
        (
            ("Members delivered 980 tonnes of pears.", "Orchard: annual report 2023", ""),
            ("Members delivered 1,120 tonnes of pears.", "Orchard: annual report 2024", ""),
        ),
    ],
)
def test_of_two_years_and_of_two_issues_the_later_stands(
    older: tuple[str, str, str], newer: tuple[str, str, str]
) -> None:
    (found,) = contradictions(*known(newer, older))
    assert found.kind == "superseded"
    assert [side.text for side in found.sides] == [older[0], newer[0]]


def test_a_year_in_the_title_of_a_dated_document_is_not_that_of_its_figures() -> None:
    said = (DEEPER, "Sonar", "2014-06-02"), (DEEP, "The sounding of 1875", "2022-09-12")
    (found,) = contradictions(*known(*said))
    assert [side.date for side in found.sides] == ["2022-09-12", "2014-06-02"]


def test_one_document_does_not_contradict_itself() -> None:
    claims, readings = known((DEEP, "Pressure", ""))
    again = claims[0].model_copy(update={"id": "c2", "text": DEEPER})
    assert contradictions([*claims, again], readings) == ()

"""The list an agent keeps: what calls add up to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from agents.tools.todo import MOST, Item, added_up

A = {
    "updates": {
        "a": {"text": "Find the depth"},
        "b": {"text": "Find the year", "status": "in_progress"},
    }
}


def test_updates_merge_in_part_null_deletes_and_nothing_only_reads() -> None:
    items = added_up(
        [
            A,
            {
                "updates": {
                    "a": {"status": "completed"},
                    "b": None,
                    "c": {"text": "Compare", "status": "blocked"},
                }
            },
            {},
            {"updates": {}},
        ]
    )
    assert items == [
        Item(id="a", text="Find the depth", status="completed"),
        Item(id="c", text="Compare", status="blocked"),
    ]


@pytest.mark.parametrize(
    "updates",
    [{"a": {"status": "done"}}, {"a": {"colour": "red"}}, ["a"], "a", {"a": {"text": "x" * 301}}],
)
def test_what_does_not_fit_is_refused(updates: object) -> None:
    with pytest.raises(ValidationError):
        added_up([A, {"updates": updates}])


CHANGES = st.none() | st.fixed_dictionaries(
    {}, optional={"text": st.text(max_size=9), "status": st.sampled_from(["pending", "completed"])}
)


@given(st.lists(st.dictionaries(st.text(min_size=1, max_size=3), CHANGES, max_size=9), max_size=9))
def test_the_list_is_bounded_has_each_item_once_and_reading_changes_nothing(
    calls: list[dict[str, object]],
) -> None:
    arguments = [{"updates": updates} for updates in calls]
    items = added_up(arguments)
    assert len(items) <= MOST and len({item.id for item in items}) == len(items)
    assert added_up([*arguments, {}]) == items

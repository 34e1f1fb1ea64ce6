"""Properties of finding an answer in what a model wrote."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agents.models.dialect.extract import as_call, find_calls, find_json, salvage_json, strip_think

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
OBJECTS = st.dictionaries(TEXT, VALUES, max_size=4)
PROSE = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters='{}[]`\0"'), max_size=60
)


@given(OBJECTS)
def test_finds_what_is_all_json(value: dict[str, Any]) -> None:
    assert find_json(json.dumps(value)) == value
    assert find_json(json.dumps(value, indent=1, ensure_ascii=False)) == value


@given(PROSE, OBJECTS, PROSE)
def test_finds_json_in_prose(before: str, value: dict[str, Any], after: str) -> None:
    assert find_json(f"{before}{json.dumps(value)}{after}") == value
    assert find_json(f"{before}\n```json\n{json.dumps(value, indent=2)}\n```\n{after}") == value


@given(st.text())
@example("{" * 5000)
@example("[" * 100_000)
@example('{"a":' * 50_000)
@example('{"' * 50_000)
@example("9" * 10_000)
def test_any_text_is_survived(text: str) -> None:
    for found in (find_json(text), salvage_json(text)):
        json.dumps(found)
    strip_think(text)
    find_calls(text, {})


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('Use {braces} so: {"a": 1}', {"a": 1}),
        ('First {"a": 1}, or rather {"a": 1, "b": 2}.', {"a": 1, "b": 2}),
        ('```json\n{"a": 1}\n```\nthen\n```json\n{"a": 2}\n```', {"a": 2}),
        ('As [1] says: {"a": "x } y"}', {"a": "x } y"}),
        ('{"claims": [{"a": 1}, {"a": 2},]}', None),  # an inner object is no answer
        ('{"claims": [{"a": 1}', None),
        ('{"a": "line\nbreak"}', {"a": "line\nbreak"}),
        ("7", None),
        ("no", None),
    ],
)
def test_what_counts_as_the_answer(text: str, found: Any) -> None:
    assert find_json(text) == found


@given(st.lists(OBJECTS | TEXT | st.integers(0, 99), min_size=2, max_size=5), st.data())
def test_a_cut_list_keeps_a_prefix_of_its_items(items: list[Any], data: st.DataObject) -> None:
    whole = json.dumps({"items": items, "more": True})
    end = data.draw(st.integers(0, len(json.dumps({"items": items})) - 2))
    salvaged = salvage_json(whole[:end])
    if salvaged is not None:
        kept = salvaged["items"]
        # of the item that was cut, no part but complete items of its own lists is kept
        complete = kept if kept == items[: len(kept)] else kept[:-1]
        assert complete == items[: len(complete)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"a": [1, 2, 3', {"a": [1, 2]}),
        ('{"a": ["x", "y', {"a": ["x"]}),
        ('{"a": [{"b": 1}, {"b": ', {"a": [{"b": 1}]}),
        ('```json\n{"a": [{"b": 1}, {"b"', {"a": [{"b": 1}]}),
        ('{"a": [{"b": [1, 2', {"a": [{"b": [1]}]}),
        ('{"a": [', None),
        ('{"a": {"b": 1}', None),
        ("nothing", None),
    ],
)
def test_salvages_complete_items_only(text: str, found: Any) -> None:
    assert salvage_json(text) == found


@pytest.mark.parametrize(
    ("text", "answer", "thought"),
    [
        ("<think>a</think>b", "b", "a"),
        ("a</think>b", "b", "a"),
        ("<think>never ends", "", "never ends"),
        ("b <think>c</think> d", "b  d", "c"),
        ("b <think>c", "b", "c"),
        ("<think>a</think><think>c</think>b", "b", "a\nc"),
        ("<THINK>a</THINK>b", "b", "a"),
        ('{"a": "the <think> tag"}', '{"a": "the <think> tag"}', ""),
        ('{"a": "the </think> tag"}', '{"a": "the </think> tag"}', ""),
        ("b", "b", ""),
    ],
)
def test_thinking_is_split_off(text: str, answer: str, thought: str) -> None:
    assert strip_think(text) == (answer, thought)


@given(PROSE, PROSE)
def test_no_thinking_stays(thought: str, answer: str) -> None:
    assert (
        thought.strip() == "" or thought.strip() not in strip_think(f"<think>{thought}</think>")[0]
    )
    assert "<think>" not in strip_think(f"{answer}<think>{thought}")[0]


SCHEMAS = {
    "f": {"properties": {"s": {"type": "string"}, "n": {"type": "integer"}, "l": {"type": "array"}}}
}


@given(
    TEXT.filter(lambda text: "<" not in text),
    st.integers(),
    st.lists(TEXT.filter(lambda text: "<" not in text), max_size=3),
)
def test_text_calls_keep_their_arguments(text: str, number: int, items: list[str]) -> None:
    body = f"<parameter=s>\n{text}\n</parameter><parameter=n>{number}</parameter><parameter=l>{json.dumps(items)}</parameter>"
    found = find_calls(f"<tool_call><function=f>{body}</function></tool_call>", SCHEMAS)
    assert found == [("f", {"s": text, "n": number, "l": items})]


@pytest.mark.parametrize(
    ("value", "call"),
    [
        ({"name": "f", "arguments": {"a": 1}}, ("f", {"a": 1})),
        ({"tool": "f", "arguments": '{"a": 1}'}, ("f", {"a": 1})),
        ({"name": "f", "parameters": {"a": 1}}, ("f", {"a": 1})),
        ({"name": "f"}, ("f", {})),
        ({"name": "f", "arguments": "no"}, None),
        ({"a": 1}, None),
        ([], None),
        (None, None),
    ],
)
def test_reads_a_json_call(value: object, call: tuple[str, dict[str, Any]] | None) -> None:
    assert as_call(value) == call

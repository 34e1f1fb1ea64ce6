"""How the simulated model plays the small model's crew: it picks and judges sentences, and writes
none."""

import re
from collections.abc import Collection
from typing import Any

from evals.doubles.simulated_words import numbers, words

Answer = dict[str, Any]
_QUESTION = re.compile(r"(?:Question: |问题：)(.+)")


def played(names: Collection[str], prompt: str) -> tuple[str, Answer]:
    """The step that asks for these fields, and its answer."""
    names = set(names)
    if names == {"questions"}:
        question = _QUESTION.findall(prompt)[-1]
        return "plan", {"questions": [{"question": question, "keywords": ""}]}
    if "[" in prompt and "“" not in prompt:
        return "summary", _picked(names, prompt)
    return "check", {name: _entailed(prompt, name) for name in sorted(names)}


def _picked(names: set[str], prompt: str) -> Answer:
    """Yes for each sentence that shares enough words with the question."""
    question = words(_QUESTION.findall(prompt)[-1])
    lines = dict(re.findall(r"^(S\d+) (.*)$", prompt, re.MULTILINE))
    shared = {name: len(question & words(lines.get(name, ""))) for name in names}
    return {name: "yes" if shared[name] * 2 > len(question) else "no" for name in sorted(names)}


def _entailed(prompt: str, name: str) -> str:
    """By the words and figures of a statement and of each sentence quoted under it: one that has
    half of its words and all its figures supports it, one that has two fifths, three at least, and
    other figures refutes it. Between languages words cannot tell."""
    found = re.search(rf"^{name} (.+)((?:\n   .+)+)", prompt, re.MULTILINE)
    if found is None:
        return "supported"
    statement, quotes = found[1], "\n".join(re.findall(r"^   “(.+)”$", found[2], re.MULTILINE))
    if bool(re.search("[\u4e00-\u9fff]", statement)) != bool(re.search("[\u4e00-\u9fff]", quotes)):
        return "supported"
    said = {word for word in words(statement) if not word.isdigit()}
    shared = {one: len(said & words(one)) for one in re.split(r"(?<=[.!?。！？])", quotes)}
    figures = numbers(statement)
    if any(count * 2 >= len(said) and figures <= numbers(one) for one, count in shared.items()):
        return "supported"
    denied = figures and any(
        count >= 3 and count * 5 >= len(said) * 2 and numbers(one) for one, count in shared.items()
    )
    return "refuted" if denied else "unsupported"

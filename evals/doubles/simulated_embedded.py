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
        return "plan", {"questions": [_QUESTION.findall(prompt)[-1]]}
    if "next" in names:
        return "route", {"answer": "not stated", "next": "write", "questions": []}
    if {"answer", "sections"} <= names:
        return "write", _arranged(prompt)
    if any(name.startswith(("Document ", "文档")) for name in names):
        return "summary", _judged(names, prompt)
    if any(name.startswith("P") for name in names):
        return "compare", dict.fromkeys(sorted(names), "yes")
    return "check", {name: _entailed(prompt, name) for name in sorted(names)}


def _judged(names: set[str], prompt: str) -> Answer:
    """For each document the first sentence that shares enough words with the question; yes for each
    such sentence."""
    question = words(_QUESTION.findall(prompt)[-1])
    judged: Answer = dict.fromkeys(sorted(names), "no")
    document = ""
    for line in prompt.splitlines():
        if title := re.match(r"(Document [A-Z]|文档[A-Z]) \(", line):
            document = title.group(1)
            judged[document] = "not stated"
        number, text = re.fullmatch(r"(?:(S\d+) )?(.*)", line).groups()  # type: ignore[union-attr]  # it matches any line
        if (
            document
            and len(question & words(text)) * 2 > len(question)
            and not title
            and not text.startswith(("Question: ", "问题："))
        ):
            judged |= {number: "yes"} if number else {}
            if judged[document] == "not stated":
                judged[document] = text[:60]
    return judged


def _arranged(prompt: str) -> Answer:
    claims = [int(n) for n in re.findall(r"^(\d+) .+$", prompt, re.MULTILINE)]
    return {
        "title": "What was found",
        "answer": claims[:1],
        "sections": [{"heading": "Findings", "claims": claims}],
    }


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

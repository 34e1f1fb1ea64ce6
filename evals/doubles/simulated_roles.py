"""How the simulated model plays each role of the crew for strong models: by rule and honestly, from
what the prompt shows.

Claims are the sentences that share most of a part's words; figures of one unit that differ are a
conflict; the writer repeats its claims with their marks; the judge compares words and figures; what
was not accepted is taken out. Not here: agents' turns and the wire (`simulated_model.py`), the
small model's crew (`simulated_embedded.py`).
"""

import re
from collections.abc import Collection, Iterable, Sequence
from itertools import combinations
from typing import Any

from evals.doubles.simulated_words import STOP, numbers, words

Answer = dict[str, Any]
ELSEWHERE = "archives, newspapers and letters on "
TITLE, HEADING = "What was found", "Findings"
ANNOUNCING = {"here", "follows", "below", "this", "section", "report", "found"}
_SENTENCE = re.compile(r"\[(d\d+\.\d+)\] (.*?)(?=\s*\[d\d+\.\d+\] |\n|$)")
_QUOTED = re.compile(r"“([^”]+)”")
_CLAIM = re.compile(r"^(c\d+) (.+) \[([^\[\]]*)\]$", re.MULTILINE)
_PART = re.compile(r"^P(\d+) (.+)$", re.MULTILINE)
_MEASURED = re.compile(r"(?<![\d.,])(\d[\d,]*(?:\.\d+)?)\s?([a-z]+|[\u4e00-\u9fff])")
_STATEMENT = re.compile(
    r"^(s\d+) \((\w+)[^)\n]*\) rests on (.*?)(?:; against it: (.*))?\n(?:context: "
    r"(.*)\n)?statement: (.*)$",
    re.MULTILINE,
)
_FAILED = re.compile(
    r"^### (\S+)(?: \(under “.*”\))?\n(.*?)\nNot accepted:\n((?:- “.*(?:\n|$))+)",
    re.MULTILINE | re.DOTALL,
)
_MARK = re.compile(r"\s*\{[^{}\n]*\}")
_END = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])")


def played(names: Collection[str], prompt: str) -> tuple[str, Answer] | None:
    """The step that asks for these fields, and its answer; None where it is none of this crew's."""
    if {"must_contain", "tasks"} <= set(names):
        return "plan", _opening(prompt)
    if {"met", "next"} <= set(names):
        return "route", _decision(prompt)
    if {"claims", "dead_ends"} <= set(names):
        return "summary", _summary(prompt, checking="checked" in names)
    if {"thesis", "sections"} <= set(names):
        return "outline", _outline(prompt)
    if set(names) == {"verdicts"}:
        return "judge", {"verdicts": _verdicts(prompt)}
    if set(names) == {"lacking", "answer", "blocks"}:
        return "edit", {"lacking": [], "answer": "", "blocks": []}
    return ("repair", {"blocks": _mended(prompt)}) if set(names) == {"blocks"} else None


def text_of(prompt: str) -> tuple[str, str]:
    """A text that is asked for without a form: a whole report, or one section of it."""
    if section := re.search(r"Write the section “(.+?)” and nothing else", prompt):
        return "section", f"## {section[1]}\n\n{' '.join(_said(prompt))}"
    body = [
        f"# {TITLE}",
        f"## {HEADING}",
        " ".join(_said(prompt)),
        "# Short answer",
        " ".join(_answer(prompt)),
    ]
    return "write", "\n\n".join(body)


def question_of(prompt: str) -> str:
    return re.findall(r"Question: (.+)", prompt)[0]  # type: ignore[no-any-return]


# The Master


def _opening(prompt: str) -> Answer:
    """A part for each clause of the question (`…, and …`); the first search is for the first of
    them."""
    question = question_of(prompt)
    parts = question.split(", and ")
    return {
        "brief": question,
        "must_contain": parts,
        "tasks": [{"goal": parts[0], "queries": [parts[0][:80]]}],
    }


def _decision(prompt: str) -> Answer:
    """What is missing is searched for; where it was asked before, in archives. Claims that meet a
    part are verified."""
    asked = set(re.findall(r"^- (.+)$", prompt.split("Asked before:")[1], re.MULTILINE))
    claims = [(id, text) for id, text, _ in _CLAIM.findall(prompt)]
    met: list[Answer] = []
    missing: list[str] = []
    for number, part in _PART.findall(prompt):
        by = [id for id, text in claims if _answers(text, part)]
        met += [{"part": int(number), "claims": by}] if by else []
        missing += [] if by else [part if part not in asked else f"{ELSEWHERE}{part}"]
    search = [{"goal": goal, "queries": [goal[:80]]} for goal in missing]
    verify = list(dict.fromkeys(id for one in met for id in one["claims"]))
    next_step = "go_on" if search or verify else "write"
    return {
        "met": met,
        "why": f"{len(missing)} missing",
        "next": next_step,
        "search": search,
        "verify": verify,
    }


# The Summary Agent


def _summary(prompt: str, *, checking: bool) -> Answer:
    parts = re.findall(
        r"^(\d+) (.+)$",
        _between(prompt, "Parts of a good answer:\n", "\n\nThe agent's goal"),
        re.MULTILINE,
    )
    shown = dict(_SENTENCE.findall(prompt.split("\nPassages:\n")[1]))
    claims = [
        made for name, text in shown.items() if (made := _claim(name, text, parts))
    ] + _computed(prompt)
    found = {number for claim in claims for number in claim["parts"]}
    given: Answer = {
        "claims": claims,
        "conflicts": _disputes([(n, claim["text"]) for n, claim in enumerate(claims, 1)]),
        "surprises": [],
        "gaps": [part for number, part in parts if int(number) not in found],
        "dead_ends": [],
        "sources": [
            {"id": id, "standing": "current"}
            for id in dict.fromkeys(name.split(".")[0] for name in shown)
        ],
    }
    return given | ({"checked": _checked(prompt, shown)} if checking else {})


def _claim(name: str, text: str, parts: Sequence[tuple[str, str]]) -> Answer | None:
    bears = [int(number) for number, part in parts if _answers(text, part)]
    return _as_claim(text, bears, [[name]]) if bears else None


def _computed(prompt: str) -> list[Answer]:
    """What programs printed as their results."""
    outputs = re.split(
        r"^\[(run-\w+)\]", prompt.partition("\nOutputs of programs")[2], flags=re.MULTILINE
    )
    found = zip(outputs[1::2], outputs[2::2], strict=True)
    return [
        _as_claim(text, [1], [[run]])
        for run, said in found
        for text in re.findall(r"^(?:→ )?RESULT (.+)$", said, re.MULTILINE)
    ]


def _as_claim(text: str, parts: list[int], evidence: list[list[str]]) -> Answer:
    value, unit = next(iter(_MEASURED.findall(text)), ("", ""))
    about = {"subject": "", "measure": "", "value": value, "unit": unit, "as_of": "", "speaker": ""}
    return {"text": text, **about, "parts": parts, "evidence": evidence}


def _disputes(claims: Iterable[tuple[Any, str]]) -> list[Answer]:
    """All claims that give other figures of one unit, as one conflict."""
    told = list(claims)
    apart = [pair for pair in combinations(told, 2) if _differ(pair[0][1], pair[1][1])]
    sides = list(dict.fromkeys(place for pair in apart for place, _ in pair))
    return [{"topic": "The figure", "kind": "conflict", "sides": sides, "why": ""}] if sides else []


def _checked(prompt: str, shown: dict[str, str]) -> list[Answer]:
    """For each claim what other documents say of it: a sentence of most of its words, with its
    figures or with others."""
    found: list[Answer] = []
    for id, claim, refs in _CLAIM.findall(_between(prompt, "sent to check", "\nPassages:\n")):
        own = {ref.split(".")[0] for ref in refs.split()}
        others = {
            n: text
            for n, text in shown.items()
            if n.split(".")[0] not in own and _answers(text, claim)
        }
        for finding, names in (
            ("corroborated", [n for n, text in others.items() if _agree(text, claim)]),
            ("contradicted", [n for n, text in others.items() if _differ(text, claim)]),
        ):
            found += (
                [{"claim": id, "finding": finding, "evidence": [[n] for n in names], "why": ""}]
                if names
                else []
            )
        if not any(one["claim"] == id for one in found):
            found.append({"claim": id, "finding": "not_found", "evidence": [], "why": ""})
    return found


# The writer


def _outline(prompt: str) -> Answer:
    claims = _told(prompt)
    answered = {
        int(n)
        for n, part in _PART.findall(_evidence(prompt))
        if any(_answers(text, part) for _, text, _ in claims)
    }
    said = {id: text for id, text, _ in claims}
    conflicts = [
        one | {"sides": [{"text": said[id], "ids": [id]} for id in one["sides"]]}
        for one in _disputes(said.items())
    ]
    ids = [id for id, _, _ in claims]
    return {
        "title": TITLE,
        "thesis": claims[0][1] if claims else "",
        "unanswered": [
            int(n) for n, _ in _PART.findall(_evidence(prompt)) if int(n) not in answered
        ],
        "needs": [],
        "conflicts": conflicts,
        "tensions": [],
        "calculations": [],
        "recommendation": {"text": "", "because": "", "flips_if": ""},
        "sections": [
            {
                "heading": HEADING,
                "point": "What the sources say.",
                "words": 0,
                "form": "prose",
                "ids": ids,
            }
        ],
    }


def _told(prompt: str) -> list[tuple[str, str, str]]:
    """The claims that bear on a part of the answer; of what programs computed all."""
    parts = [part for _, part in _PART.findall(_evidence(prompt))]
    claims = _CLAIM.findall(_evidence(prompt))
    return [
        one for one in claims if "run-" in one[2] or any(_answers(one[1], part) for part in parts)
    ]


def _said(prompt: str) -> list[str]:
    """Every claim in a sentence with its mark."""
    return [_marked(id, text, "It is written that ") for id, text, _ in _told(prompt)]


def _answer(prompt: str) -> list[str]:
    """The first claim on each part."""
    found = []
    for _, part in _PART.findall(_evidence(prompt)):
        found += [_marked(id, text) for id, text, _ in _told(prompt) if _answers(text, part)][:1]
    return list(dict.fromkeys(found))


def _marked(id: str, text: str, lead: str = "") -> str:
    end = text[-1] if text[-1] in ".!?。！？" else "."
    body = text.removesuffix(end)
    if lead and body[0].isascii():
        body = f"{lead}{body[0].lower()}{body[1:]}"
    return f"{body} {{{id}}}{end}"


def _mended(prompt: str) -> list[Answer]:
    """Each block without what is not supported; a title or heading that is not is a plain one. What
    is disputed is told as it is."""
    return [
        {"id": id, "markdown": _without(id, shown, failed)}
        for id, shown, failed in _FAILED.findall(prompt)
    ]


def _without(id: str, shown: str, failed: str) -> str:
    if id == "title" or re.fullmatch(r"h\d+", id):
        return TITLE if id == "title" else HEADING
    wrong = re.findall(r"^- “(.*)” \(unsupported\)", failed, re.MULTILINE)
    lines = []
    for line in shown.splitlines():
        kept = [
            said
            for said in _END.split(line)
            if not any(one.startswith(_MARK.sub("", said).strip()) for one in wrong)
        ]
        lines.append(
            " ".join(kept) if not line.startswith("|") or len(kept) == len(_END.split(line)) else ""
        )
    return "\n".join(line for line in lines if line.strip("-* "))


# The judge


def _verdicts(prompt: str) -> list[Answer]:
    question = re.findall(r"Question of the report: (.+)", prompt)[0]
    shown = re.split(
        r"^\[(e\d+)\] ", _between(prompt, "\nEvidence:\n", "\nStatements:\n"), flags=re.MULTILINE
    )
    evidence = dict(zip(shown[1::2], shown[2::2], strict=True))
    found = []
    for id, kind, rests, against, context, text in _STATEMENT.findall(
        prompt.split("\nStatements:\n")[1]
    ):
        held, others = (
            [evidence[name] for name in re.findall(r"e\d+", names)] for names in (rests, against)
        )
        verdict = _verdict(
            kind, text, held, question if kind == "given" else f"{question} {context}"
        )
        if kind == "absence" and any(_answers(_quoted(other), text) for other in others):
            verdict = "unsupported"
        disputed = (
            verdict == "supported"
            and kind in ("fact", "cell")
            and any(_differ(_quoted(other), text) for other in others)
        )
        found.append({"id": id, "missing": "", "verdict": "disputed" if disputed else verdict})
    return found


def _quoted(evidence: str) -> str:
    return " ".join(re.findall("»(.*?)«", evidence))


def _verdict(kind: str, text: str, held: Sequence[str], given: str) -> str:
    if kind in ("method", "absence"):
        return "supported"
    if kind == "given":
        return (
            "supported" if len(words(text) & words(given)) * 2 > len(words(text)) else "unsupported"
        )
    if kind == "framing":  # it announces or connects
        return "supported" if words(text) <= words(given) | ANNOUNCING else "unsupported"
    if kind == "heading":
        known = " ".join([given, *held]).lower()
        stands = {name.lower() for name in _names(text)} | numbers(text) <= words(known) | numbers(
            known
        )
        return "supported" if stands else "unsupported"
    if kind == "inference":
        return (
            "follows"
            if held and re.search(r"suggest|we read|may |likely|表明|可能", text)
            else "no"
        )
    if quoted := _QUOTED.findall(
        text
    ):  # what the judge is asked of a dispute: do these sides disagree?
        return (
            "supported" if any(_apart(quoted[0], other) for other in quoted[1:]) else "unsupported"
        )
    return _entailed(text, "\n".join(held), given)


def _entailed(text: str, held: str, given: str) -> str:
    """Half of its words and all its figures support a statement; two fifths, three at least, and
    other figures refute it. Between languages its figures must do."""
    figures = {_digits(n) for n in numbers(text)}
    stand = {_digits(n) for n in numbers(f"{held} {given}")}
    if _chinese(text) != _chinese(held):
        return "supported" if figures and figures <= stand else "unsupported"
    said = {word for word in words(text) if not word.isdigit()} - words(given)
    shared = len(said & words(held))
    if (
        shared * 2 >= len(said)
        and words(text) & words(held)
        and (figures <= stand or "done by code" in held)
    ):
        return "supported"
    return "refuted" if figures and shared >= 3 and shared * 5 >= len(said) * 2 else "unsupported"


# Texts


def _answers(text: str, part: str) -> bool:
    wanted = {word for word in words(part) if not word.isdigit()}
    return len(wanted & words(text)) * 2 > len(wanted)


def _measured(text: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for value, unit in _MEASURED.findall(text):
        if unit not in STOP:
            found.setdefault(unit, set()).add(_digits(value))
    return found


def _differ(one: str, other: str) -> bool:
    """Whether two texts on the same names give other figures of one unit."""
    if not (_names(one) <= _names(other) or _names(other) <= _names(one)):
        return False
    return _apart(one, other)


def _apart(one: str, other: str) -> bool:
    """Whether two texts give other figures of one unit."""
    first, second = _measured(one), _measured(other)
    return any(not first[unit] & second[unit] for unit in first.keys() & second.keys())


def _names(text: str) -> set[str]:
    """Words in capitals but the first."""
    return set(re.findall(r"(?<=\W)[A-Z][a-z]+", text)) - {"The"}


def _agree(one: str, other: str) -> bool:
    first, second = _measured(one), _measured(other)
    return any(first[unit] & second[unit] for unit in first.keys() & second.keys())


def _digits(number: str) -> str:
    return number.replace(",", "")


def _chinese(text: str) -> bool:
    return bool(re.search("[\u4e00-\u9fff]", text))


def _between(text: str, start: str, end: str) -> str:
    return text.partition(start)[2].partition(end)[0]


def _evidence(prompt: str) -> str:
    """What a writer is shown, without the passages."""
    return _between(prompt, "What a good answer contains:\n", "\nDocuments that were read:\n")

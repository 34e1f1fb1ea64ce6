"""A made-up report that argues and holds every noun there is, in English and in Chinese.

An inference, calculations, a computed run, absences, a table of cited cells, an ordered list, a
section within a section, code and strong words, contradictions, sources of every standing."""

import hashlib
from datetime import UTC, datetime
from typing import Any

from research.domain import Draft, Language, Mark, RunEvidence, SearchLog, SentenceKind
from research.domain.report import (
    BulletList,
    Cell,
    CitedCalculation,
    CitedContradiction,
    CitedEvidence,
    CitedInput,
    CitedQuote,
    CitedSide,
    Figure,
    Paragraph,
    Report,
    Section,
    Sentence,
    Source,
    Table,
    Usage,
)
from research.reporting import bind as cite

FILING = """Kestrel Cloud, Form 10-Q for the quarter ended 30 June 2026. Subscription revenue was $21.3 million in the quarter. \
Annual recurring revenue reached $46.9 million, up from $38.0 million a year before. We recognise revenue ratably."""
BLOG = """An analyst's note on Kestrel Cloud. By our count annual recurring revenue stands near $44 million. \
Churn of small customers is rising. The retry budget is set by ``max_attempts`` in :py:class:`Client`."""
DRAFT = """Draft pricing guide. A seat costs $18 a month. The limit of a free plan is 5 seats."""
CHINESE = """红隼云2026年第二季度报告。年度经常性收入为4690万美元，一年前为3800万美元。小客户流失率上升。"""
_TEXTS = {1: FILING, 2: BLOG, 3: DRAFT, 4: CHINESE}
_AT = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
RUN = RunEvidence(run_id="run1", code_sha256=hashlib.sha256(b"fit()").hexdigest(), inputs=("c1",))
LOG = SearchLog(
    queries=("Kestrel Cloud churn rate", "Kestrel Cloud net retention"),
    pages=9,
    readings=("r2",),
    date_from=_AT,
    date_to=_AT,
)


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


TEXTS = {sha(text): text for text in _TEXTS.values()}
READINGS = {f"r{n}": sha(text) for n, text in _TEXTS.items()}


def quote(n: int, words: str, translation: str | None = None) -> CitedQuote:
    text = _TEXTS[n]
    start = text.index(words)
    return CitedQuote(
        n=n,
        reading_id=f"r{n}",
        snapshot_id=sha(text),
        spans=((start, start + len(words)),),
        quote=words,
        translation=translation,
    )


REVENUE = quote(1, "Subscription revenue was $21.3 million in the quarter.")
ARR = quote(
    1, "Annual recurring revenue reached $46.9 million, up from $38.0 million a year before."
)
COUNTED = quote(2, "By our count annual recurring revenue stands near $44 million.")
CHURN = quote(2, "Churn of small customers is rising.")
CHURN_ZH = quote(2, "Churn of small customers is rising.", "小客户流失率正在上升。")
RETRIES = quote(2, "The retry budget is set by ``max_attempts`` in :py:class:`Client`.")
SEAT = quote(3, "A seat costs $18 a month.")
SEATS = quote(3, "The limit of a free plan is 5 seats.")
YEAR_ZH = quote(4, "年度经常性收入为4690万美元，一年前为3800万美元。")
YEAR = quote(
    4,
    "年度经常性收入为4690万美元，一年前为3800万美元。",
    "Annual recurring revenue is $46.9 million, $38.0 million a year before.",
)


def made(
    label: str, expression: str, value: str, unit: str, *inputs: CitedInput
) -> CitedCalculation:
    return CitedCalculation(
        expression=expression, inputs=inputs, value=value, unit=unit, label=label
    )


def share(label: str = "Share of revenue that is recurring", a: int = 1) -> CitedCalculation:
    figures = (
        CitedInput(name="arr", value="46.9", n=(a,)),
        CitedInput(name="revenue", value="21.3", n=(1,)),
    )
    return made(label, "arr / 4 / revenue * 100", "55.04694835680751173708920188", "%", *figures)


def growth(label: str = "Growth of recurring revenue") -> CitedCalculation:
    return made(
        label,
        "(now / before - 1) * 100",
        "23.42105263157894736842105263",
        "%",
        *(_given("now", "46.9"), _given("before", "38.0")),
    )


def _given(name: str, value: str) -> CitedInput:
    return CitedInput(name=name, value=value, n=(1,))


def said(text: str, *evidence: CitedEvidence, kind: SentenceKind = "fact", **more: Any) -> Sentence:
    """A sentence whose clauses are marked in its text as {0} or {0,2}: places in its evidence."""
    told = {"verdict": None if kind in ("framing", "given", "method") else "supported", **more}
    plain, marks, start = "", [], 0
    for part in _parts(text):
        if part.startswith("{"):
            marks.append(
                Mark(
                    start=start,
                    end=len(plain),
                    evidence=tuple(int(place) for place in part[1:-1].split(",")),
                )
            )
            start = len(plain)
        else:
            plain += part.removeprefix(" ") if plain.endswith(" ") else part
    return Sentence(text=plain, kind=kind, evidence=evidence, marks=tuple(marks), **told)


def _parts(text: str) -> list[str]:
    return [part for piece in text.split("{") for part in _piece(piece)]


def _piece(piece: str) -> list[str]:
    place, closed, rest = piece.partition("}")
    return [f"{{{place}}}", rest] if closed else [piece]


def cell(*args: Any, **more: Any) -> Cell:
    return Cell(**said(*args, **more).model_dump())


def _source(n: int, url: str, title: str, **more: Any) -> Source:
    return Source(
        n=n,
        reading_id=f"r{n}",
        snapshot_id=READINGS[f"r{n}"],
        url=url,
        title=title,
        fetched_at=_AT,
        via="http",
        **more,
    )


SOURCES = (
    _source(
        1,
        "https://sec.example.gov/kestrel/10-q?a[1]=x_y",
        "Kestrel Cloud: Form 10-Q (Q2 2026)",
        site="sec.example.gov",
        author="Kestrel Cloud, Inc.",
        published_at="2026-08-04",
        authority="official",
    ),
    _source(
        2,
        "https://notes.example.com/kestrel",
        "Note on [Kestrel] *Cloud*",
        site="notes.example.com",
        published_at="2026-07-11",
    ),
    _source(
        3, "library:pricing/draft_v2.docx", "Draft pricing guide", site="pricing", standing="draft"
    ),
    _source(
        4,
        "https://zh.example.cn/红隼",
        "红隼云2026年第二季度报告",
        site="zh.example.cn",
        standing="archived",
        published_at="2026-08-05",
    ),
)


def argued(language: Language = "en") -> Report:
    return finished(_english() if language == "en" else _chinese())


def finished(report: Report) -> Report:
    """The report with its quality and its Markdown made to fit."""
    sentences = [
        *report.answer,
        *(s for section in report.sections for s in cite.sentences_of(section)),
    ]
    drafted = Draft(
        title="", dropped=2, supported_at_first=11, repaired=3, judge="openai:gpt-judge_2"
    )
    measured = report.model_copy(update={"quality": cite.measure(sentences, drafted)})
    return measured.model_copy(update={"markdown": cite.render(measured)})


def _report(language: Language, title: str, **more: Any) -> Report:
    asked = {
        "en": "Should we price Kestrel Cloud on recurring revenue?",
        "zh": "红隼云是否应按经常性收入估值？",
    }[language]
    usage = Usage(
        model_calls=31,
        prompt_tokens=210_400,
        cached_tokens=80_000,
        completion_tokens=9_120,
        usd=0.41,
        seconds=173.0,
        searches=14,
    )
    fixed = {
        "id": "job",
        "question": asked,
        "language": language,
        "mode": "multi_agent",
        "effort": "standard",
        "status": "complete",
    }
    return Report(**fixed, title=title, markdown="", sources=SOURCES, usage=usage, **more)


def _english() -> Report:
    recommended = said(
        "We would price it on recurring revenue at a discount, because growth is quick but churn is rising.",
        ARR,
        CHURN,
        growth(),
        kind="inference",
        warrant="Growth of 23 % carries a premium; rising churn of small customers takes part of it back.",
        confidence="medium",
        overturned_by="Net retention above 110 % in the next filing.",
    )
    return _report(
        "en",
        "Pricing Kestrel Cloud on `ARR`",
        answer=(
            said(
                "Recurring revenue reached **$46.9 million**{0}, which is about 55 % of the quarter's revenue{1}.",
                ARR,
                share(),
                REVENUE,
            ),
            recommended,
        ),
        sections=(_growth_section(), _limits_section(), _plans_section()),
        contradictions=(
            CitedContradiction(
                topic="Annual recurring revenue, mid-2026",
                note="The company counts contracts signed, the analyst only those billed.",
                sides=(
                    CitedSide(text="$46.9 million", evidence=(ARR,)),
                    CitedSide(text="Near $44 million", evidence=(COUNTED,)),
                ),
            ),
        ),
        limitations=("Nothing was found on `net_retention`, and no filing after 4 August 2026.",),
        floors=("plan",),
    )


def _growth_section() -> Section:
    first = said("You asked for a price as of November 2026.", kind="given")
    second = said(
        "Recurring revenue grew from $38.0 million to $46.9 million{0}, by 23 %{1,2}.",
        ARR,
        growth(),
        YEAR,
    )
    third = said(
        "An analyst counts $44 million{0}; churn of small customers is rising{1}.",
        COUNTED,
        CHURN,
        verdict="contested",
    )
    fitted = said(
        "A straight line through the four quarters gives $51 million for December.",
        RUN,
        kind="computed",
    )
    return Section(
        heading="What grows, and how fast",
        blocks=(Paragraph(sentences=(first, second, third)), Paragraph(sentences=(fitted,))),
    )


def _limits_section() -> Section:
    absent = said("No filing gives a churn rate.", LOG, kind="absence")
    method = said("We read nine pages in two rounds.", kind="method")
    counted = said(
        "Two of two sources report growth or churn in figures.", ARR, COUNTED, kind="synthesis"
    )
    return Section(
        heading="What is not known",
        level=3,
        blocks=(Paragraph(sentences=(absent, method, counted)),),
    )


def _plans_section() -> Section:
    table = Table(
        header=("Plan", "Price a seat", "Seats | most"),
        rows=(
            (cell("Free", kind="framing"), cell("$0", SEATS), cell("**5**", SEATS)),
            (
                cell("Team", kind="framing"),
                cell("$18{0}, from the draft", SEAT),
                Cell(text="–", kind="framing"),
            ),
            (
                cell("Recurring share", kind="framing"),
                cell("55 %{0}", share(), ARR, REVENUE, kind="computed"),
                cell("`a|b`", RETRIES),
            ),
        ),
    )
    steps = BulletList(
        ordered=True,
        items=(
            (said("Set `max_attempts` in `Client`{0}, not the global default.", RETRIES),),
            (
                said("Keep a seat at $18 a month{0} until the draft is final.", SEAT),
                said("Then ask again.", kind="framing"),
            ),
        ),
    )
    points = BulletList(
        items=((said("5 seats are free, snake_case_names and 5 * 3 stay as they are.", SEATS),),)
    )
    picture = Figure(
        id="f1",
        name="arr.png",
        caption=(said("The four quarters, and a line through them.", RUN, kind="computed"),),
    )
    unproven = said("Team plans may be renamed in 2027.", verdict="unverified")
    return Section(
        heading="Plans and **limits**",
        blocks=(table, steps, points, picture, Paragraph(sentences=(unproven,))),
    )


def _chinese() -> Report:
    share_zh, growth_zh = share("经常性收入占比"), growth("经常性收入增速")
    judged = said(
        "我们认为应按经常性收入估值，但需打折：增长快，而流失在上升。",
        YEAR_ZH,
        CHURN_ZH,
        ARR,
        growth_zh,
        kind="inference",
        warrant="23%的增速支持溢价，小客户流失抵消了一部分。",
        confidence="medium",
        overturned_by="下一份报告的净留存率高于110%。",
    )
    table = Table(
        header=("套餐", "单价"),
        rows=((cell("团队版", kind="framing"), cell("每席每月18美元{0}", SEAT)),),
    )
    steps = BulletList(
        ordered=True,
        items=(
            (said("先设置`max_attempts`{0}。", RETRIES),),
            (said("免费版上限为**5席**{0}。", SEATS),),
        ),
    )
    return _report(
        "zh",
        "红隼云按经常性收入估值",
        answer=(
            said(
                "经常性收入为**4690万美元**{0}，约占当季收入的55%{1}。",
                YEAR_ZH,
                share_zh,
                REVENUE,
                ARR,
            ),
            judged,
        ),
        sections=(
            Section(
                heading="增长与流失",
                blocks=(
                    Paragraph(
                        sentences=(
                            said(
                                "经常性收入一年增长23%{0}，小客户流失率上升{1}。",
                                growth_zh,
                                CHURN_ZH,
                                YEAR_ZH,
                                ARR,
                            ),
                            said("没有报告给出流失率。", LOG, kind="absence"),
                        )
                    ),
                ),
            ),
            Section(heading="套餐", level=3, blocks=(table, steps)),
        ),
        contradictions=(
            CitedContradiction(
                topic="经常性收入",
                note="口径不同。",
                sides=(
                    CitedSide(text="4690万美元", evidence=(YEAR_ZH,)),
                    CitedSide(text="约4400万美元", evidence=(COUNTED,)),
                ),
            ),
        ),
        limitations=("没有找到净留存率。",),
    )

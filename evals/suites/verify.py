"""The suite *verify*: claims labelled against whole pages, judged by the product: by its judge
where a model plays that role (`judged.py`), else as the extractive crew judges, from the passages
that it would choose.

Beside the product stand the majority class and a lexical baseline: the share of a claim's terms
that the chosen passages hold, with two thresholds that are fitted on four fifths and used on the
fifth (five folds). Not here: the data's format (`data/wice.py`).
"""

import asyncio
import hashlib
import json
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations_with_replacement
from pathlib import Path
from typing import Any

from agents.models import CallUsage, Models, RoleModel
from browser.library.embeddings import Embedder, open_embedder
from browser.passages import choose_passages
from browser.types import Opened
from evals.data.wice import LABELS, Label, Labelled, load
from evals.graders.entailment import Answers, Asked, Entailment, Item, verdicts
from evals.graders.judgements import Answer, Judgement, Judgements, key_of
from evals.graders.prompts import render_entailment
from evals.graders.scores import Metric, Outcome, mean, resampled
from evals.subjects.apart import snapshot_of
from evals.suites import judged
from research.budget import total
from research.domain import PageText, Role
from research.domain.report import RoleUsage, Usage
from research.errors import ContextOverflow, UnusableAnswer
from research.settings import RoleSettings, Settings
from research.text.sentences import terms

Tell = Callable[[str], None]
BAD_ANSWER = (UnusableAnswer, ContextOverflow)
PASSAGES, TOKENS = 5, 240  # of a page: what a small model judges in a few seconds
FOLDS = 5
KEPT: Mapping[Entailment, Answer] = {
    "supported": "yes",
    "partial": "partly",
    "insufficient": "no",
    "refuted": "no",
}
LABEL_OF: Mapping[Answer, Label] = {
    "yes": "supported",
    "partly": "partially_supported",
    "no": "not_supported",
}


@dataclass
class Asker:
    """The model of the role *verify*, asked outside a run; what it costs is counted."""

    model: RoleModel
    usage: RoleUsage = field(default_factory=RoleUsage)

    async def __call__(
        self,
        prompt: Asked,
        answer: type[Answers],
        /,
        *,
        schema: dict[str, Any],
        max_tokens: int,
        statements: str,
    ) -> Answers | None:
        messages = render_entailment(prompt, statements)
        try:
            return await self.model.ask(
                messages, answer, schema=schema, max_tokens=max_tokens, on_call=self._count
            )
        except BAD_ANSWER:
            return None

    async def _count(self, call: CallUsage) -> None:
        counted = {
            name: getattr(call, name)
            for name in ("prompt_tokens", "cached_tokens", "completion_tokens", "usd")
        }
        self.usage = total([self.usage, RoleUsage(model_calls=1, **counted)])


@dataclass(frozen=True)
class Shown:
    """A labelled claim with the sentences chosen for it, by their numbers."""

    labelled: Labelled
    chosen: tuple[int, ...]

    @property
    def item(self) -> Item:
        return Item(
            self.labelled.claim,
            tuple(self.labelled.sentences[i] for i in self.chosen),
            self.labelled.title,
        )


Measure = Callable[[Sequence[Shown], Sequence[Label]], dict[str, Metric]]


@dataclass(frozen=True)
class Ask:
    """What is measured: the data, the model that judges, which of the claims, where judgements are
    kept."""

    data: Path
    model: str = "embedded"
    limit: int | None = None
    items: int | None = None
    seed: int = 0
    batch: int = 1
    out: Path | None = None


async def perform(ask: Ask, settings: Settings, *, tell: Tell) -> Outcome:
    """Judge and measure. What was judged is kept in `out`, and not asked again. Raises
    `LeadlineError`."""
    begun = time.monotonic()
    claims = judged.sample(
        (await asyncio.to_thread(load, ask.data))[: ask.limit], ask.items, ask.seed
    )
    settings = _with_model(settings, ask.model)
    role: Role = "verify" if settings.embedded("judge") else "judge"
    embedder = await open_embedder(settings)
    shown = [
        await asyncio.to_thread(_rests_on if role == "judge" else choose, claim, embedder)
        for claim in claims
    ]
    kept = Judgements((ask.out or settings.data_dir / "evals" / "verify") / "judgements.jsonl")
    async with Models(settings, tell=tell) as models:
        place = settings.base_url(role) or "its own place"
        label = f"{models.role(role).name} at {place}, temperature {settings.model_temperature}"
        if role == "judge":
            found, cost = await _by_judge(shown, models, kept, label, tell)
        else:
            asker = Asker(models.role(role))
            found = await judge(shown, asker, kept, label, batch=ask.batch, tell=tell)
            cost = asker.usage
    usage = Usage(
        **cost.model_dump(), seconds=round(time.monotonic() - begun, 2), by_role={role: cost}
    )
    return _outcome(label, shown, found, measure_judge if role == "judge" else measure, usage)


async def _by_judge(
    shown: Sequence[Shown], models: Models, kept: Judgements, label: str, tell: Tell
) -> tuple[list[Label | None], RoleUsage]:
    chosen = [(one.labelled, one.chosen) for one in shown]
    answers, cost = await judged.judge(chosen, models, kept, label, tell=tell)
    return [LABEL_OF[answer] if answer else None for answer in answers], cost


def _outcome(
    label: str,
    shown: Sequence[Shown],
    found: Sequence[Label | None],
    measured: Measure,
    usage: Usage,
) -> Outcome:
    graded = [
        (one, verdict) for one, verdict in zip(shown, found, strict=True) if verdict is not None
    ]
    metrics = measured([one for one, _ in graded], [verdict for _, verdict in graded])
    return Outcome("verify", label, len(shown), len(shown) - len(graded), metrics, usage)


def _with_model(settings: Settings, model: str) -> Settings:
    """The settings with another model for the roles, at the endpoint they name for them; `embedded`
    leaves it to the settings."""
    if model == "embedded":
        return settings
    roles: tuple[Role, ...] = ("verify", "judge")
    own = {
        role: settings.roles.get(role, RoleSettings()).model_copy(update={"model": model})
        for role in roles
    }
    return settings.model_copy(update={"roles": {**settings.roles, **own}})


def _rests_on(labelled: Labelled, embedder: Embedder | None) -> Shown:
    """The sentences that people marked; where they marked none, those that the product would
    show."""
    marked = judged.gold(labelled)
    return Shown(labelled, marked) if marked else choose(labelled, embedder)


def choose(labelled: Labelled, embedder: Embedder | None) -> Shown:
    """The sentences of the page that the product would show an agent for the claim."""
    chosen = choose_passages(
        [_opened(labelled)],
        labelled.claim,
        [],
        token_budget=TOKENS,
        per_page=PASSAGES,
        embedder=embedder,
    )
    return Shown(labelled, tuple(passage.sentence for passage in chosen))


def _opened(labelled: Labelled) -> Opened:
    snapshot = snapshot_of(labelled.sentences)
    page = PageText(
        text=snapshot.text,
        sentences=snapshot.sentences,
        title=labelled.title,
        media_type="text/plain",
        extractor="wice",
    )
    return Opened(page, snapshot, "", "", "file", snapshot.id, False)


async def judge(
    shown: Sequence[Shown],
    asker: Asker,
    kept: Judgements,
    label: str,
    *,
    batch: int = 1,
    tell: Tell = lambda _: None,
) -> list[Label | None]:
    """The label that the product gives each claim, in order; None where the model gave no answer
    that fits."""
    embedded = asker.model.embedded
    version = hashlib.sha256(
        json.dumps(render_entailment("entail_brief" if embedded else "entail", "")).encode()
    ).hexdigest()
    keys = [
        key_of(label, version, batch, one.labelled.claim, one.item.title, *one.item.passages)
        for one in shown
    ]
    waiting = [place for place, key in enumerate(keys) if kept.get(key) is None]
    for start in range(0, len(waiting), batch):
        part = waiting[start : start + batch]
        for place, said in zip(
            part,
            await verdicts(asker, [shown[p].item for p in part], embedded=embedded, batch=batch),
            strict=True,
        ):
            if said:
                kept.put(
                    keys[place],
                    Judgement(verdict=KEPT[said.verdict], reason=said.reason),
                    claim=shown[place].labelled.claim,
                )
        if (start // batch) % 10 == 0:
            tell(f"judged {len(shown) - len(waiting) + start + len(part)} of {len(shown)}")
    return [LABEL_OF[known.verdict] if (known := kept.get(key)) else None for key in keys]


def measure(shown: Sequence[Shown], found: Sequence[Label]) -> dict[str, Metric]:
    """The metrics of the product, then of what it is to be held against: the majority class and the
    lexical baseline."""
    support = [_evidence_f1(one) for one in shown if any(one.labelled.support)]
    return {
        **_agreement([one.labelled.label for one in shown], found),
        "evidence_f1": mean([f1 for f1, _ in support]),
        "evidence_recall": mean([recall for _, recall in support]),
        **_baselines(shown),
    }


def measure_judge(shown: Sequence[Shown], found: Sequence[Label]) -> dict[str, Metric]:
    """What a reader of a report meets: true sentences kept, and others that are shown as supported;
    then as `measure`."""
    gold = [one.labelled.label for one in shown]

    def called_supported(label: Label) -> Metric:
        return mean(
            [float(b == "supported") for a, b in zip(gold, found, strict=True) if a == label]
        )

    return {
        "supported_kept": called_supported("supported"),
        "partial_shown": called_supported("partially_supported"),
        "unsupported_shown": called_supported("not_supported"),
        **_agreement(gold, found),
        **_baselines(shown),
    }


def _baselines(shown: Sequence[Shown]) -> dict[str, Metric]:
    gold = [one.labelled.label for one in shown]
    most = Counter(gold).most_common(1)[0][0] if gold else LABELS[0]
    most2: Label = "supported" if 2 * gold.count("supported") > len(gold) else "not_supported"
    lexical = _lexical([(overlap(one), one.labelled.label) for one in shown])
    return {
        "majority.accuracy3": _accuracy(gold, [most] * len(gold)),
        "majority.accuracy2": _accuracy(_two(gold), _two([most2] * len(gold))),
        **{f"lexical.{name}": metric for name, metric in _agreement(gold, lexical).items()},
    }


def _agreement(gold: Sequence[Label], found: Sequence[Label]) -> dict[str, Metric]:
    pairs = list(zip(gold, found, strict=True))
    return {
        "accuracy3": _accuracy(gold, found),
        "accuracy2": _accuracy(_two(gold), _two(found)),
        "balanced_accuracy": resampled(pairs, balanced_accuracy),
        "kappa": resampled(pairs, kappa),
    }


def _accuracy(gold: Sequence[object], found: Sequence[object]) -> Metric:
    return mean([float(a == b) for a, b in zip(gold, found, strict=True)])


def _two(labels: Sequence[Label]) -> list[bool]:
    return [label == "supported" for label in labels]


def balanced_accuracy(pairs: Sequence[tuple[Label, Label]]) -> float | None:
    """The mean over the labels that occur of the share of each that was found."""
    occurs, right = (
        Counter(gold for gold, _ in pairs),
        Counter(gold for gold, found in pairs if gold == found),
    )
    return (
        sum(right[label] / count for label, count in occurs.items()) / len(occurs)
        if occurs
        else None
    )


def kappa(pairs: Sequence[tuple[Label, Label]]) -> float | None:
    """Agreement beyond chance (Cohen 1960); None where chance alone agrees always."""
    if not pairs:
        return None
    gold, found = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    chance = sum(gold[label] * found[label] for label in LABELS) / len(pairs) ** 2
    observed = sum(a == b for a, b in pairs) / len(pairs)
    return (observed - chance) / (1 - chance) if chance < 1 else None


def _evidence_f1(one: Shown) -> tuple[float, float]:
    """F1 and recall of the chosen sentences against the annotation they fit best."""
    best = (0.0, 0.0)
    for support in one.labelled.support:
        shared = len(support & set(one.chosen))
        if support and one.chosen:
            best = max(best, (2 * shared / (len(support) + len(one.chosen)), shared / len(support)))
    return best


def overlap(one: Shown) -> float:
    """The share of the claim's terms that the chosen sentences or the title hold (0 to 1)."""
    wanted = set(terms(one.labelled.claim))
    held = {term for text in (one.labelled.title, *one.item.passages) for term in terms(text)}
    return len(wanted & held) / len(wanted) if wanted else 0.0


def _lexical(scored: Sequence[tuple[float, Label]]) -> list[Label]:
    """The label of each by two thresholds, fitted on the other folds."""
    found: list[Label] = []
    fitted = [
        _thresholds([s for place, s in enumerate(scored) if place % FOLDS != fold])
        for fold in range(FOLDS)
    ]
    for place, (score, _) in enumerate(scored):
        found.append(_by(score, *fitted[place % FOLDS]))
    return found


def _thresholds(scored: Sequence[tuple[float, Label]]) -> tuple[float, float]:
    grid = [step / 20 for step in range(22)]
    return max(
        combinations_with_replacement(grid, 2),
        key=lambda pair: sum(_by(score, *pair) == label for score, label in scored),
    )


def _by(score: float, low: float, high: float) -> Label:
    return (
        "supported" if score >= high else "partially_supported" if score >= low else "not_supported"
    )

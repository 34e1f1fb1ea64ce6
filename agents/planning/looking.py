"""The first look: before the work is planned, code opens the addresses that the question names and
searches for its sentences. The Master plans with what that shows in view, and agents know by name
what was opened.

Not here: how the call is carried out and kept (`research/flow.py`), how it is told
(`agents/reading/first_look.py`)."""

from agents.asked import said_beside
from agents.guarding import provenance
from agents.tools import batch_web_surfer
from research.crew import Run
from research.domain import Step
from research.text.sentences import clip, sentence_spans, term_set

ADDRESSES, QUERIES = 4, 8
LEAST_TERMS = 3  # of a sentence that is worth a search


def first_call(run: Run) -> Step:
    """The call that looks."""
    asked = run.question.text + said_beside(run.question)
    named = provenance.addresses_in_order(asked)[:ADDRESSES]
    arguments = {"urls": named, "queries": _queries(asked)}
    return Step(index=0, tool=batch_web_surfer.NAME, arguments=arguments)


def _queries(text: str) -> list[str]:
    """The sentences that say most, in their order."""
    sentences = [
        provenance.without_addresses(text[start:end]) for start, end in sentence_spans(text)
    ]
    told = [one for one in sentences if len(term_set(one)) >= LEAST_TERMS] or sentences
    longest = sorted(told, key=lambda one: -len(term_set(one)))[:QUERIES]
    return [clip(one, provenance.QUERY_LENGTH) for one in told if one in longest]

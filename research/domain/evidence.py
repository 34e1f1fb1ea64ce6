"""What a statement may rest on: quotes, runs of programs, calculations,
searches that found nothing."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from research.domain.base import Noun, Span


class Quote(Noun):
    """Words of a snapshot: each span of its text; `quote` is the spans' texts joined by ' … '."""

    type: Literal["quote"] = "quote"
    reading_id: str
    snapshot_id: str
    spans: tuple[Span, ...]
    quote: str


class RunEvidence(Noun):
    """A computation that was run: its code by hash, its input claims."""

    type: Literal["run"] = "run"
    run_id: str
    code_sha256: str
    inputs: tuple[str, ...] = ()


class SearchLog(Noun):
    """What was searched and read, as proof of absence; `readings` are those that were looked
    through for it."""

    type: Literal["search_log"] = "search_log"
    queries: tuple[str, ...]
    pages: int
    readings: tuple[str, ...] = ()
    date_from: datetime = Field(serialization_alias="from", validation_alias="from")
    date_to: datetime = Field(serialization_alias="to", validation_alias="to")

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class CalculationInput(Noun):
    """A figure that a calculation starts from: its name in the expression and its value, a decimal
    number as written. It stands in `evidence`, or is what a run printed; without any it is the
    question's, another calculation's or a constant of the calendar."""

    name: str
    value: str
    evidence: tuple[Quote | RunEvidence, ...] = ()


class Calculation(Noun):
    """Arithmetic over figures that were read, evaluated by code. `value` is the exact result, as
    far as a decimal number can be; `label` says what it is."""

    type: Literal["calculation"] = "calculation"
    expression: str
    inputs: tuple[CalculationInput, ...]
    value: str
    unit: str = ""
    label: str = ""


Evidence = Annotated[Quote | RunEvidence | SearchLog | Calculation, Field(discriminator="type")]


class Drawing(Noun):
    """A picture that a computation drew: a file of the job, by the run that made it."""

    id: str
    run_id: str
    name: str
    caption: str
    media_type: str
    sha256: str

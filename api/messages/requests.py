"""What a request for research may say, checked at the door: every limit is here, for REST, the CLI
and the viewer's form alike.

Not here: whether the libraries and the job followed up exist and may be used (`queueing.py`).
Webhooks (`webhook_url`) are not part of this version: they are refused as an unknown field rather
than ignored.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Self

from babel import Locale
from babel.core import UnknownLocaleError
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_core import core_schema

from research.domain import BudgetLimits, Clarify, Effort, Language, Mode, SourceChoice
from research.errors import InputRejected
from research.text.sentences import clean_text

QUESTION_LIMIT = 8_000
INSTRUCTIONS_LIMIT = 4_000
LIBRARIES_LIMIT = 20
DOMAINS_LIMIT = 100
# Characters that are not seen and change what is: they turn the order of letters around, or spell
# a text that only a model reads. The marks and joiners that Arabic, Hebrew, Hindi need are others.
_UNSEEN = re.compile("[\u202a-\u202e\u2060-\u206f\ufff9-\ufffb\U000e0000-\U000e007f]")
_SEEN = r"[^\s\x00-\x1f\x7f-\x9f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"  # one at least
_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)*{_LABEL}")


def _cleaned(text: str) -> str:
    return _UNSEEN.sub("", clean_text(text)).strip()


@dataclass(frozen=True)
class Limited:
    """Measures a text as it will be stored: cleaned and stripped. The OpenAPI document cannot say
    that white space around it does not count."""

    least: int
    most: int

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.no_info_after_validator_function(self._measured, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        told = handler(schema) | {"maxLength": self.most}
        return told | ({"minLength": self.least, "pattern": _SEEN} if self.least else {})

    def _measured(self, text: str) -> str:
        cleaned = _cleaned(text)
        if not self.least <= len(cleaned) <= self.most:
            between = f"{self.least} to {self.most:,}" if self.least else f"at most {self.most:,}"
            raise ValueError(f"it has {len(cleaned):,} characters, {between} are allowed")
        return cleaned


def _domain(value: str) -> str:
    domain = value.strip().lower().removeprefix("*.").strip(".")
    if len(domain) > 253 or not _DOMAIN.fullmatch(domain):
        raise ValueError(
            "a domain is a host name such as example.org, without scheme, port or path"
        )
    return domain


def _language_tag(value: str) -> str:
    """A tag of a language that there is, in the usual letters: `pt-br` is `pt-BR`."""
    try:
        return str(Locale.parse(value.strip(), sep="-")).replace("_", "-")
    except (UnknownLocaleError, ValueError) as error:
        raise ValueError("it is no language tag such as en, zh or pt-BR (BCP 47)") from error


def interface_language(tag: str) -> Language:
    """The language of the interface that is nearest to a language."""
    return "zh" if tag.split("-")[0] == "zh" else "en"


LanguageTag = Annotated[str, Field(max_length=35), AfterValidator(_language_tag)]
LibraryName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Domain = Annotated[str, AfterValidator(_domain)]
Domains = Annotated[tuple[Domain, ...], Field(max_length=DOMAINS_LIMIT)]
Amount = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Count = Annotated[int, Field(gt=0, le=10**12)]


class Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class SourcesRequest(Strict):
    """Where to look. Without `web`, the web is searched only when no library is named."""

    web: bool | None = None
    libraries: Annotated[tuple[LibraryName, ...], Field(max_length=LIBRARIES_LIMIT)] = ()
    allow: Domains = ()
    deny: Domains = ()
    date_from: Annotated[date | None, Field(alias="from")] = None
    date_to: Annotated[date | None, Field(alias="to")] = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.date_from and self.date_to and self.date_from > self.date_to:
            raise ValueError("`from` is later than `to`")
        return self

    def choice(self) -> SourceChoice:
        libraries = tuple(dict.fromkeys(self.libraries))
        web = not libraries if self.web is None else self.web
        fields = self.model_dump(exclude={"web", "libraries"})
        return SourceChoice(web=web, libraries=libraries, **fields)


class BudgetRequest(Strict):
    """Hard caps of the run; what is not given is set by the effort. A part of tokens, USD and
    seconds is reserved for writing and judging the report."""

    tokens: Annotated[
        Count | None,
        Field(description="of prompt and answer; a cached one counts at its part of the price"),
    ] = None
    usd: Amount | None = None
    seconds: Amount | None = None
    calls: Annotated[
        Count | None,
        Field(description="a backstop: tokens, USD and seconds are what a run plans with"),
    ] = None

    def limits(self) -> BudgetLimits:
        return BudgetLimits(**self.model_dump())


class ResearchRequest(Strict):
    """A question and how to go about it. `webhook_url` is not accepted by this version.

    `clarify` is `never` and `approve_plan` false unless asked for: a program that posts a question
    is not there to answer one, and a job that waits unexpectedly is a trap."""

    question: Annotated[
        str,
        Limited(1, QUESTION_LIMIT),
        Field(description="1 to 8,000 characters; white space around it does not count"),
    ]
    instructions: Annotated[
        str, Limited(0, INSTRUCTIONS_LIMIT), Field(description="at most 4,000 characters")
    ] = ""
    mode: Mode = "multi_agent"
    effort: Annotated[
        Effort | None,
        Field(description="without it: `quick` with the embedded model, else `standard`"),
    ] = None
    language: Annotated[
        LanguageTag | None,
        Field(
            description="of the report, a BCP 47 tag such as en, zh or pt-BR; without it, "
            "that of the question"
        ),
    ] = None
    sources: SourcesRequest = SourcesRequest()
    budget: BudgetRequest = BudgetRequest()
    clarify: Clarify = "never"
    approve_plan: bool = False
    priority: Annotated[
        int,
        Field(ge=-10, le=10, description="of jobs that wait, those of a higher one start first"),
    ] = 0
    parent_id: Annotated[
        str | None,
        Field(
            max_length=64,
            description="the completed job that this follows up; without `sources`, it looks "
            "where that one looked",
        ),
    ] = None


def read_request(data: Mapping[str, Any]) -> ResearchRequest:
    """Check what did not come through the API's own parser. Raises `InputRejected` naming the first
    field that is wrong."""
    try:
        return ResearchRequest.model_validate(data)
    except ValidationError as error:
        field, reason = first_fault(error.errors())
        raise InputRejected(field=field, reason=reason) from error


def first_fault(errors: Sequence[Any]) -> tuple[str, str]:
    """The field and the reason of the first of pydantic's errors, in words for the person who
    asked."""
    first = errors[0]
    place = [str(part) for part in first["loc"]]
    if place and place[0] in (
        "body",
        "query",
        "header",
        "path",
    ):  # the framework says where it looked
        del place[0]
    if first["type"] == "json_invalid":
        return "body", "it is not JSON"
    reason = str(first["msg"]).removeprefix("Value error, ")
    if first["type"] == "extra_forbidden":
        reason = "there is no such field"
    return ".".join(place) or "body", reason

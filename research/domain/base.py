"""What every noun of a research run is made of: frozen models, languages, roles, verdicts.

Offsets count Unicode code points.
"""

from datetime import UTC, datetime
from secrets import token_hex
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict

Language = Literal["en", "zh"]
# what searching and sentences tell apart; any other counts as English
TextLanguage = Literal["en", "zh", "ja", "ko"]
Role = Literal["master", "search", "verify", "summary", "writer", "judge"]
AgentRole = Literal["search", "verify"]
Span = tuple[int, int]
Verdict = Literal["supported", "partial", "contested", "superseded", "refuted", "insufficient"]
Confidence = Literal["low", "medium", "high"]
Standing = Literal["current", "draft", "archived", "superseded"]
Authority = Literal["official", "peer_reviewed", "primary", "reference", "aggregator"]


def new_id() -> str:
    return token_hex(8)


def now() -> datetime:
    return datetime.now(UTC)


class Noun(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    def replace(self, **changes: Any) -> Self:
        """The same with these fields changed, which are not validated."""
        return self.model_copy(update=changes)

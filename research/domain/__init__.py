"""The nouns of a research run: frozen, small, without behaviour but pure methods. A file each; what
is imported here is handed on (`pyproject.toml`)."""

from research.domain.base import (
    AgentRole,
    Authority,
    Confidence,
    Language,
    Noun,
    Role,
    Span,
    Standing,
    TextLanguage,
    Verdict,
    new_id,
    now,
)
from research.domain.caller import SCOPES, Caller, Scope
from research.domain.claim import Claim, Contradiction, Findings, Inference, Ledger, Remark, Side
from research.domain.draft import (
    Draft,
    DraftBlock,
    DraftFigure,
    DraftList,
    DraftParagraph,
    DraftSection,
    DraftSentence,
    DraftTable,
    Mark,
    ReportStatus,
    SentenceKind,
    SentenceVerdict,
    Translation,
)
from research.domain.evidence import (
    Calculation,
    CalculationInput,
    Drawing,
    Evidence,
    Quote,
    RunEvidence,
    SearchLog,
)
from research.domain.job import (
    DEFAULT_TENANT,
    Clarify,
    Effort,
    Event,
    Input,
    InputKind,
    Job,
    JobStatus,
    Mode,
)
from research.domain.outline import Outline, PlannedCalculation, PlannedSection, Recommendation
from research.domain.plan import Plan, Task
from research.domain.question import BudgetLimits, Clarification, Question, SourceChoice
from research.domain.reading import (
    LONGEST_ADDRESS,
    Link,
    NoteKind,
    PageText,
    Reading,
    ReadingNote,
    Snapshot,
)
from research.domain.trajectory import Feedback, Line, Observation, Step, Trajectory

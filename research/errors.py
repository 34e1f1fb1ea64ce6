"""Every error Leadline raises on purpose, in one tree.

An error's docstring is its message, with the error's fields filled in; a second paragraph is its
`mend`, which tells what to do about it. `code` is its stable name in the API's problem documents
and in events, that of its class in snake case unless it says another. Not here: bugs, which raise
what they raise, and what an evaluation stumbles over (`evals/errors.py`).

LeadlineError
├── SettingsError            a setting is missing or wrong
├── InputRejected            a request breaks a limit
│   ├── PrivateSourceRefused private text would reach a remote model
│   │   └── PrivateParentRefused the same of what an earlier job read
│   └── FollowUpRefused      a question cannot follow up that job
├── RequestRefused           a request is not let in at the door
│   ├── KeyRequired          it needs an API key
│   ├── ScopeMissing         its key is for other things
│   ├── SignInRefused        the identity provider did not vouch for a tenant of ours
│   ├── TooManyAttempts      too many wrong keys were tried
│   ├── TooManyRequests      its key has asked too often
│   ├── QuotaExceeded        its tenant has used what it may use today
│   ├── OriginRefused        it comes by another name or from another site
│   └── RequestTooLarge
├── ModelError               a model call gave nothing usable
│   ├── ModelUnavailable     the endpoint cannot be reached or keeps failing
│   ├── ModelRefused         the endpoint rejects us: key, model name, request
│   ├── UnusableAnswer       an answer came, and is of no use, twice
│   │   ├── ModelOutputInvalid   it does not fit its schema
│   │   ├── ModelRepeating       it runs in circles
│   │   ├── ModelDeclined        the model or a filter of its provider declined to answer
│   │   └── ModelSilent          it is empty, only reasoning, or cut off before it says anything
│   ├── ContextOverflow      the prompt is longer than the model's context
│   ├── ModelUnreliable      a model gave no usable answer to half of a run's requests or more, or
where nothing was found
│   ├── NothingWritten       claims were found, and nothing that the writer wrote stands on them
│   └── WeightsUnavailable   the embedded model's weights cannot be had or are not the trusted bytes
├── BudgetExhausted          the run's cap is reached
├── ReadingError             one page or file could not be read; `kind` says how
├── SearchFailed             every search provider failed
├── LibraryError             a library cannot be used
│   ├── LibraryEmpty         no document of it can be read; `failed` says why of each
│   └── LibraryDamaged       what is stored of it is not what was written
├── KeyNotFound              there is no such API key to revoke
├── StoreUnreadable          the database cannot be read or written
│   ├── StoreAway            the same, as the clients of a service are told of it
│   └── SchemaUnknown        its schema is one that this version does not know
├── ToolError                a tool was called wrongly or failed
├── CalculationError         an expression is no arithmetic over its inputs
├── JobError
│   ├── JobNotFound
│   ├── JobBusy              another live worker owns the job
│   │   └── JobHeld              it waits until others have ended
│   ├── JobNeeded            other jobs rest on it
│   ├── Drained              its worker is to stop; another goes on
│   ├── JobEnded             the job has ended and cannot be resumed or cancelled
│   ├── InputNeeded          the job waits for a person
│   ├── InputUnwanted        the job does not wait for what it was given
│   ├── ReportMissing        the job has no report, or none yet
│   ├── SourceMissing        the job has not read that source
│   ├── RunMissing           the job has no such run or file of one
│   ├── FenceLost            another worker has taken the job over
│   ├── StoppedByBug         Leadline itself made a mistake
│   └── CheckpointUnreadable the stored state of the job is not what we wrote
└── ContractViolation        a report or a citation breaks its own rules; never shown to a reader
"""

from functools import partial
from typing import Any, ClassVar, Literal

from pydantic.alias_generators import to_snake

from research.secrets.redaction import redact

ReadingFailure = Literal[
    "blocked",
    "challenge",
    "consent",
    "login",
    "not_found",
    "parked",
    "timeout",
    "too_large",
    "unsupported",
    "forbidden_address",
    "unreachable",
    "server_error",
    "empty",
    "broken",
    "encrypted",
]


class LeadlineError(Exception):
    """Leadline could not go on."""

    code: ClassVar[str] = "error"
    message: ClassVar[str] = "Leadline could not go on."
    mend: str = ""

    def __init_subclass__(cls) -> None:
        if "code" not in vars(cls):
            cls.code = to_snake(cls.__name__)
        message, _, mend = (cls.__doc__ or "").partition("\n\n")
        cls.message = " ".join(message.split())
        cls.mend = " ".join(mend.split()) or cls.mend

    def __init__(self, *, mend: str | None = None, **fields: Any) -> None:
        # what is told of others, of an endpoint say, may hold a secret: nothing of it goes further
        fields = {
            name: redact(value) if isinstance(value, str) else value
            for name, value in fields.items()
        }
        self.fields = fields
        self.mend = self.mend.format_map(fields) if mend is None else redact(mend)
        super().__init__(redact(self.message.format_map(fields)))

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(type(self), mend=self.mend, **self.fields), ()


class SettingsError(LeadlineError):
    """The setting {name} is not usable: {reason}.

    Correct the setting in the environment or in leadline.toml; `leadline doctor` shows what is in
    force.
    """

    code = "settings"


class InputRejected(LeadlineError):
    """The field {field} was refused: {reason}."""


class PrivateSourceRefused(InputRejected):
    """The library {library} is private, and {what} is not on this machine."""


class PrivateParentRefused(PrivateSourceRefused):
    """The research {parent_id} rests on private documents, and {what} is not on this machine.

    Ask it without following up, or where the documents may be read.
    """

    code = PrivateSourceRefused.code


class FollowUpRefused(InputRejected):
    """The question cannot follow up {parent_id}: {reason}.

    `leadline report list` shows the jobs there are; one that is completed can be followed up.
    """


class RequestRefused(LeadlineError):
    """The request was not let in: {reason}."""


class KeyRequired(RequestRefused):
    """The request was not let in: it needs a key of this service.

    Send `Authorization: Bearer KEY` with a key that `leadline key create` made, or the one that
    LEADLINE_API_KEY holds.
    """


class ScopeMissing(RequestRefused):
    """The request was not let in: its key lacks the scope {scope}.

    Use a key that has it; `leadline key create --scope` makes one.
    """


class SignInRefused(RequestRefused):
    """The request was not let in: you could not be signed in: {reason}.

    Sign in again; if that does not help, ask whoever runs this service.
    """


class TooManyAttempts(RequestRefused):
    """The request was not let in: too many wrong keys came from where it comes from.

    Try again in {wait} seconds.
    """


class TooManyRequests(RequestRefused):
    """The request was not let in: its key may ask {limit}, and has.

    Wait as long as the Retry-After header says.
    """


class QuotaExceeded(RequestRefused):
    """The request was not let in: the tenant {tenant} may use {bound} {unit} a day, and would have
    used {taken}, with what its running jobs may still use.

    Ask again after 00:00 UTC or when a job has ended, or with a smaller budget; `leadline tenant
    quota` raises it.
    """


class OriginRefused(RequestRefused):
    """The request was not let in: {reason}."""


class RequestTooLarge(RequestRefused):
    """The request was not let in: its body is larger than {limit} bytes."""


class ModelError(LeadlineError):
    """The model {model} gave no usable answer: {reason}."""


class ModelUnavailable(ModelError):
    """The model endpoint {model} cannot be used: {reason}.

    Check LEADLINE_MODEL_BASE_URL and that the server runs; then `leadline resume` goes on from the
    last step.
    """


class ModelRefused(ModelError):
    """The model endpoint {model} refused the request: {reason}.

    Check LEADLINE_MODEL and LEADLINE_MODEL_API_KEY.
    """


class UnusableAnswer(ModelError):
    """The answer of {model} cannot be used: {reason}.

    Set LEADLINE_MODEL to a model that follows a JSON schema.
    """


class ModelOutputInvalid(UnusableAnswer):
    """The answer of {model} does not fit its schema: {reason}."""


class ModelRepeating(UnusableAnswer):
    """The answer of {model} repeats itself: {reason}.

    Set LEADLINE_MODEL to another model, or LEADLINE_MODEL_TEMPERATURE above 0.
    """


class ModelDeclined(UnusableAnswer):
    """The model {model} declined to answer: {reason}.

    Ask otherwise, loosen the filter at the provider, or set LEADLINE_MODEL to another model.
    """


class ModelSilent(UnusableAnswer):
    """The model {model} gave no answer: {reason}.

    Where the server takes answers for reasoning, switch its reasoning parser off; where reasoning
    leaves no room for an answer, limit it there; or set LEADLINE_MODEL to another model.
    """


class ContextOverflow(ModelError):
    """The prompt does not fit the context of {model}: {reason}.

    Use a model with a longer context or a lower effort.
    """


class ModelUnreliable(ModelError):
    """The model {model} gave no usable answer to {failed} of the run's {asked} requests, the last
    time at the step {step}: {reason}."""


class NothingWritten(ModelError):
    """Something was found, but nothing that the model {model} wrote of it stands: {reason}.

    Ask again, or set LEADLINE_MODEL__WRITER to another model; the claims of the job are what was
    found.
    """


class WeightsUnavailable(ModelError):
    """The weights of {model} cannot be had: {reason}.

    Put the file at the path LEADLINE_MODEL_WEIGHTS names, or set LEADLINE_MODEL_BASE_URL to use an
    endpoint.
    """


class BudgetExhausted(LeadlineError):
    """The run has reached its cap of {limit} {unit}."""


class ReadingError(LeadlineError):
    """Cannot read {url} ({kind}): {reason}."""

    def __init__(
        self, *, url: str, kind: ReadingFailure, reason: str, mend: str | None = None
    ) -> None:
        super().__init__(mend=mend, url=url, kind=kind, reason=reason)
        self.url = url
        self.kind: ReadingFailure = kind
        self.reason = str(self.fields["reason"])


class SearchFailed(LeadlineError):
    """No search provider answered: {reason}.

    Check the network and LEADLINE_SEARCH; a SearXNG of your own is named by LEADLINE_SEARXNG_URL.
    """


class LibraryError(LeadlineError):
    """The library {library} cannot be used: {reason}."""


class LibraryEmpty(LibraryError):
    """The library {library} cannot be used: empty: {reason}."""

    code = LibraryError.code

    def __init__(
        self,
        *,
        library: str,
        reason: str,
        failed: tuple[ReadingError, ...] = (),
        mend: str | None = None,
    ) -> None:
        super().__init__(mend=mend, library=library, reason=reason, failed=failed)
        self.failed = failed


class LibraryDamaged(LibraryError):
    """The library {library} cannot be used: {reason}.

    `leadline library add {library} {path}` reads its documents again and mends it.
    """


class SnapshotDamaged(LeadlineError):
    """The stored text {snapshot_id} is not what was read: it was changed or damaged in the
    database.

    `leadline library add NAME PATH` reads a library's documents again; for what was read from the
    web, restore the database.
    """


class KeyNotFound(LeadlineError):
    """There is no key {key_id} that is not revoked yet.

    `leadline key list` shows the ids of the keys there are.
    """


class StoreUnreadable(LeadlineError):
    """The database {place} cannot be used: {reason}.

    Free the disk, or put a copy in its place; LEADLINE_DATA_DIR or LEADLINE_DATABASE_URL names
    another.
    """


class StoreAway(StoreUnreadable):
    """The database does not answer.

    Try again in a minute; the log of the service says why.
    """

    code = StoreUnreadable.code


class SchemaUnknown(StoreUnreadable):
    """The database {place} has a schema that this version of Leadline does not know: {reason}.

    A newer version has used it: start that one, or restore the copy that was made before the
    upgrade.
    """


class ToolError(LeadlineError):
    """The tool {tool} failed: {reason}."""


class CalculationError(LeadlineError):
    """{expression} cannot be calculated: {reason}."""


class JobError(LeadlineError):
    """The job {job_id} cannot go on: {reason}."""


class JobNotFound(JobError):
    """There is no job {job_id}.

    `leadline report list` shows the jobs there are.
    """


class JobBusy(JobError):
    """The job {job_id} is being worked on by {owner}.

    Wait for it, or stop that process first.
    """


class JobHeld(JobBusy):
    """The job {job_id} waits for its turn: {reason} already, as many as may be.

    It starts when one of them ends; LEADLINE_JOBS_AT_ONCE and LEADLINE_TENANT_JOBS_AT_ONCE say how
    many may run.
    """


class JobNeeded(JobError):
    """The job {job_id} is followed up by {followers}, whose reports rest on what it read.

    Delete those first.
    """


class Drained(JobError):
    """The job {job_id} was left after a step: its worker is to stop.

    Another worker goes on with it.
    """


class JobEnded(JobError):
    """The job {job_id} has ended: {status}."""


class InputNeeded(JobError):
    """The job {job_id} waits for a person: {waits_for}.

    `leadline input {job_id}` with --answer, --approve or --plan answers it; `leadline resume
    {job_id}` then goes on.
    """


class InputUnwanted(JobError):
    """The job {job_id} does not wait for {kind}: it is {status}."""


class ReportMissing(JobError):
    """The job {job_id} has no report: it is {status}."""


class SourceMissing(JobError):
    """The job {job_id} has not read the source {reading_id}."""


class RunMissing(JobError):
    """The job {job_id} has no {what}."""


class FenceLost(JobError):
    """The job {job_id} has been taken over by another worker."""


class StoppedByBug(JobError):
    """The job {job_id} was stopped by a mistake in Leadline: {reason}.

    The log tells where, under the job's id; `leadline resume {job_id}` goes on from the last step.
    """

    code = "bug"


class CheckpointUnreadable(JobError):
    """The stored state of job {job_id} cannot be read: {reason}.

    Its last steps cannot be gone on from: ask the question again. What it read and found stays
    stored.
    """


class ContractViolation(LeadlineError):
    """The {what} breaks its contract: {reason}."""

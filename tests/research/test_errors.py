"""The codes of errors stand in the API's problem documents, in events and in rows: they stay."""

from collections.abc import Iterator

import research.errors
from research.errors import LeadlineError

CODES = """
    budget_exhausted bug calculation_error checkpoint_unreadable context_overflow contract_violation
    drained error fence_lost follow_up_refused input_needed input_rejected input_unwanted job_busy
    job_ended job_error job_held job_needed job_not_found key_not_found key_required library_damaged
    library_error model_declined model_error model_output_invalid model_refused model_repeating
    model_silent model_unavailable model_unreliable nothing_written origin_refused
    private_source_refused quota_exceeded reading_error report_missing request_refused
    request_too_large run_missing schema_unknown scope_missing search_failed settings
    sign_in_refused snapshot_damaged source_missing store_unreadable too_many_attempts
    too_many_requests tool_error unusable_answer weights_unavailable
"""


def _kinds(kind: type[LeadlineError] = LeadlineError) -> Iterator[type[LeadlineError]]:
    yield kind
    for own in kind.__subclasses__():
        yield from _kinds(own)


def test_the_codes_stay() -> None:
    own = (kind for kind in _kinds() if kind.__module__ == research.errors.__name__)
    assert sorted({kind.code for kind in own}) == CODES.split()

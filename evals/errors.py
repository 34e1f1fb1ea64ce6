"""The errors of evaluations, as those of `research/errors.py` are.

LeadlineError
└── EvalError
    ├── DataInvalid          a line of a suite's data is not what its format says
    ├── Unscorable           a task whose criteria give no score
    ├── ReportAbsent         a report to grade is not there
    ├── ReportUnreadable     a file is not a report, or not the sources of one
    └── Ungraded             a criterion has no judgement
"""

from research.errors import LeadlineError


class EvalError(LeadlineError):
    """The evaluation cannot go on: {reason}."""

    code = "eval_error"


class DataInvalid(EvalError):
    """Line {line} of {path} is not usable: {reason}."""

    code = "data_invalid"
    mend = "Correct the line, or leave it out."


class Unscorable(EvalError):
    """The task {task} has no score: {reason}."""

    code = "unscorable"


class ReportAbsent(EvalError):
    """There is no report for {task}: {reason}."""

    code = "report_absent"


class ReportUnreadable(EvalError):
    """The file {path} cannot be used: {reason}."""

    code = "report_unreadable"


class Ungraded(EvalError):
    """The criterion was not graded: {reason}."""

    code = "ungraded"

"""The report as one HTML file to keep or send: style and every quote inside, no scripts, nothing
loaded from anywhere."""

import base64
import hashlib
from functools import cache

from markupsafe import Markup

from api.viewer import shown
from api.viewer.render import STATIC, render
from research.domain.report import Report


@cache
def _style() -> tuple[Markup, str]:
    """Our own style sheet, which holds no closing tag, and the policy that lets nothing but it
    apply."""
    css = (STATIC / "viewer.css").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action "
        f"'none'; frame-ancestors 'none'"
    )
    return Markup(css), policy


def report_document(report: Report) -> tuple[str, str]:
    """The HTML and the Content-Security-Policy it is served with."""
    css, policy = _style()
    html = render(
        "document.html",
        report.language,
        report=report,
        css=css,
        bar=shown.measures(report),
        quotes=shown.quotes_by_source(report),
        ledger=None,
        job_id=None,
    )
    return html, policy

"""Rendering: one Jinja environment that escapes everything, and the few words templates may call.
Not here: routes."""

from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from api.viewer import shown
from api.viewer.strings import words_of
from research.domain import Language
from research.reporting.basis import bases_of, searched, value_shown, with_values
from research.reporting.disagreements import untold
from research.reporting.escaping import readable
from research.reporting.inline import visible
from research.reporting.markdown import file_path
from research.reporting.missing import kinds_of, missing

STATIC = Path(__file__).parent / "static"
_TEMPLATES = Path(__file__).parent / "templates"


def _moment(at: datetime | None) -> str:
    return at.strftime("%Y-%m-%d %H:%M UTC") if at else ""


def _day(at: datetime | str | None) -> str:
    return at[:10] if isinstance(at, str) else (at.strftime("%Y-%m-%d") if at else "")


def _count(number: float) -> str:
    return f"{number:,.0f}"


def _html_lang(language: str) -> str:
    return "zh-CN" if language == "zh" else language


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,  # in every template, whatever its name
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        moment=_moment,
        day=_day,
        count=_count,
        http_url=shown.http_url,
        visible=visible,
        html_lang=_html_lang,
    )
    environment.filters.update(
        marked_up=shown.marked_up,
        readable=readable,
        with_values=with_values,
        value_shown=value_shown,
    )
    of_reports = (
        bases_of,
        searched,
        untold,
        shown.basis_of,
        shown.cites,
        shown.evidence_of,
        file_path,
        shown.flags,
        shown.flow,
    )
    for function in (
        *of_reports,
        shown.premises,
        shown.translated,
        missing,
        kinds_of,
    ):
        environment.globals[function.__name__] = function
    return environment


_ENVIRONMENT = _environment()


def render(template: str, language: Language, **context: Any) -> str:
    return _ENVIRONMENT.get_template(template).render(
        t=words_of(language), language=language, **context
    )


def page(template: str, language: Language, *, status: int = 200, **context: Any) -> HTMLResponse:
    return HTMLResponse(render(template, language, **context), status_code=status)

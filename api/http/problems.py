"""Errors as the API tells them: `application/problem+json` (RFC 9457) with our `code` and `mend`
beside the standard members.

Every refusal and failure of the API takes this form, also those of the framework. Not here: what
the viewer shows (`viewer/pages.py`).
"""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.routing import Match, Route

from api.messages.requests import first_fault
from research.errors import (
    InputNeeded,
    InputRejected,
    InputUnwanted,
    JobBusy,
    JobEnded,
    JobNeeded,
    JobNotFound,
    KeyRequired,
    LeadlineError,
    LibraryError,
    ModelUnavailable,
    OriginRefused,
    QuotaExceeded,
    ReportMissing,
    RequestTooLarge,
    RunMissing,
    ScopeMissing,
    SearchFailed,
    SignInRefused,
    SourceMissing,
    StoreAway,
    StoreUnreadable,
    TooManyAttempts,
    TooManyRequests,
)

MEDIA_TYPE = "application/problem+json"
_STATUS: Mapping[type[LeadlineError], HTTPStatus] = {
    InputRejected: HTTPStatus.UNPROCESSABLE_ENTITY,
    LibraryError: HTTPStatus.UNPROCESSABLE_ENTITY,
    KeyRequired: HTTPStatus.UNAUTHORIZED,
    ScopeMissing: HTTPStatus.FORBIDDEN,
    SignInRefused: HTTPStatus.FORBIDDEN,
    TooManyRequests: HTTPStatus.TOO_MANY_REQUESTS,
    QuotaExceeded: HTTPStatus.TOO_MANY_REQUESTS,
    OriginRefused: HTTPStatus.FORBIDDEN,
    TooManyAttempts: HTTPStatus.TOO_MANY_REQUESTS,
    RequestTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    JobNotFound: HTTPStatus.NOT_FOUND,
    SourceMissing: HTTPStatus.NOT_FOUND,
    RunMissing: HTTPStatus.NOT_FOUND,
    JobBusy: HTTPStatus.CONFLICT,
    JobEnded: HTTPStatus.CONFLICT,
    JobNeeded: HTTPStatus.CONFLICT,
    InputNeeded: HTTPStatus.CONFLICT,
    InputUnwanted: HTTPStatus.CONFLICT,
    ReportMissing: HTTPStatus.CONFLICT,
    ModelUnavailable: HTTPStatus.BAD_GATEWAY,
    SearchFailed: HTTPStatus.BAD_GATEWAY,
    StoreUnreadable: HTTPStatus.SERVICE_UNAVAILABLE,
}
Page = Callable[[Request, LeadlineError], Response]
_log = structlog.get_logger("leadline.api")


def status_of(error: LeadlineError) -> HTTPStatus:
    """The HTTP status of an error: its own, or that of the nearest error above it in the tree."""
    own = (_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS)
    return next(own, HTTPStatus.INTERNAL_SERVER_ERROR)


def problem(status: int, code: str, detail: str, *, mend: str = "", **more: Any) -> JSONResponse:
    """A problem document. `more` are further members, such as the job's status."""
    content = {
        "type": f"urn:leadline:problem:{code}",
        "title": code.replace("_", " ").capitalize(),
        "status": status,
        "detail": detail,
        "code": code,
    }
    if mend:
        content["mend"] = mend
    headers = {"WWW-Authenticate": "Bearer"} if status == HTTPStatus.UNAUTHORIZED else None
    return JSONResponse(content | more, status_code=status, media_type=MEDIA_TYPE, headers=headers)


def retry_after(error: LeadlineError) -> dict[str, str]:
    """The header that tells when to try again, where an error does."""
    return {"Retry-After": str(error.fields["wait"])} if "wait" in error.fields else {}


def outward(error: LeadlineError) -> LeadlineError:
    """The error as clients may know it: where the database is and who uses it is for the log."""
    return StoreAway() if isinstance(error, StoreUnreadable) else error


def tell_failure(error: LeadlineError) -> None:
    """Log what is no fault of the client's."""
    if status_of(error) >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _log.error("request failed", code=error.code, reason=str(error))


def problem_of(error: LeadlineError) -> JSONResponse:
    error = outward(error)
    more: dict[str, Any] = {}
    if isinstance(error, InputRejected) and "field" in error.fields:
        more["field"] = error.fields["field"]
    if isinstance(error, ReportMissing | JobEnded | InputUnwanted):
        more["job_status"] = error.fields["status"]
    response = problem(status_of(error), error.code, str(error), mend=error.mend, **more)
    response.headers.update(retry_after(error))
    return response


def _telling(page: Page) -> Callable[[Request, Exception], Awaitable[Response]]:
    """A page to those who read pages, a problem document to all others."""

    async def tell(request: Request, error: Exception) -> Response:
        assert isinstance(error, LeadlineError)
        tell_failure(error)
        if request.url.path.startswith("/v1/"):
            return problem_of(error)
        return page(request, outward(error))

    return tell


async def _invalid(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    field, reason = first_fault(error.errors())
    return problem_of(InputRejected(field=field, reason=reason))


async def _http_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    code = HTTPStatus(error.status_code).phrase.lower().replace(" ", "_")
    response = problem(error.status_code, code, str(error.detail))
    response.headers.update(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        response.headers["Allow"] = ", ".join(_methods(request))
    return response


def _methods(request: Request) -> list[str]:
    """What can be asked of a path: the framework knows the methods of its first route only."""
    routes = [route for route in request.app.routes if isinstance(route, Route)]
    there = [route for route in routes if route.matches(request.scope)[0] is not Match.NONE]
    return sorted({method for route in there for method in route.methods or ()})


def bug() -> JSONResponse:
    """What a client is told of a mistake of ours: nothing of it (`request_ids.py` logs it)."""
    return problem(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "internal_error",
        "The service has made a mistake; its log says more.",
    )


def install(app: FastAPI, *, page: Page) -> None:
    """Have every error told. `page` makes the page of one for the viewer."""
    app.add_exception_handler(LeadlineError, _telling(page))
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http_error)

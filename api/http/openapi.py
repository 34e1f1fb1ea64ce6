"""What the OpenAPI document says beyond what FastAPI reads off the routes: who may ask, and the
problem documents that every route may answer with.

A route names only what is its own: `responses=refusing(409)`, `answering("text/markdown")`. Not
here: the page that shows the document (`viewer/reference.py`).
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.guarding.access import COOKIE

_KEY = "Of LEADLINE_API_KEY or `leadline key create`; not asked for while there is none."
_SESSION = "Of a person who has signed in at `/sign-in`."
OPEN_PATHS = frozenset({"/healthz", "/readyz"})
PROBLEM_TYPE = "application/problem+json"
PROBLEM = {
    "type": "object",
    "title": "Problem",
    "description": "A problem document (RFC 9457). `code` is stable, `mend` tells what to do.",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "mend": {"type": "string"},
        "field": {"type": "string", "description": "of the request, where one is at fault"},
        "job_status": {"type": "string", "description": "where that is what is in the way"},
    },
}
_OF_ALL = (400, 401, 403, 405, 408, 429, 503)
Responses = dict[int | str, dict[str, Any]]


def refusing(*statuses: int) -> Responses:
    """The responses of a route that may refuse with these statuses."""
    return {status: _problem(status) for status in statuses}


def answering(*media_types: str, status: int = 200, description: str = "Success") -> Responses:
    """The response of a route that answers with text, in one of these types."""
    text = {"schema": {"type": "string"}}
    return {status: {"description": description, "content": dict.fromkeys(media_types, text)}}


def install(app: FastAPI) -> None:
    """Have the application describe itself in full."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]


def _document(app: FastAPI) -> dict[str, Any]:
    made = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes
    )
    components = made.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas["Problem"] = PROBLEM
    components["securitySchemes"] = {
        "key": {"type": "http", "scheme": "bearer", "description": _KEY},
        "session": {"type": "apiKey", "in": "cookie", "name": COOKIE, "description": _SESSION},
    }
    made["security"] = [{"key": []}, {"session": []}]
    for path, operations in made["paths"].items():
        for operation in operations.values():
            _complete(operation, path)
    return made


def _complete(operation: dict[str, Any], path: str) -> None:
    """Add to an operation what any of its kind may answer."""
    if path in OPEN_PATHS:
        operation["security"] = []
    responses = operation["responses"]
    asked = "requestBody" in operation
    known = {404: "{" in path, 413: asked, 422: asked or "parameters" in operation}
    for status in (*_OF_ALL, *(status for status, holds in known.items() if holds)):
        told = responses.get(str(status))
        if told is None or _is_frameworks(told):
            responses[str(status)] = _problem(status)


def _is_frameworks(told: Mapping[str, Any]) -> bool:
    """Whether a response is the framework's own description of a validation error."""
    schema = told.get("content", {}).get("application/json", {}).get("schema", {})
    return str(schema.get("$ref", "")).endswith("/HTTPValidationError")


def _problem(status: int) -> dict[str, Any]:
    return {
        "description": HTTPStatus(status).phrase,
        "content": {PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }

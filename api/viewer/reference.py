"""`/docs`: the API's reference, rendered from its own OpenAPI document; no script and nothing from
elsewhere."""

import json
from typing import Any

from fastapi import APIRouter, Request, Response

from api.viewer.render import page
from api.viewer.strings import choose_language

router = APIRouter(include_in_schema=False)
_METHODS = ("get", "post", "put", "patch", "delete")


@router.get("/docs")
async def docs(request: Request) -> Response:
    document: dict[str, Any] = request.app.openapi()
    operations = [
        {"method": method.upper(), "path": path, **_operation(item[method])}
        for path, item in document["paths"].items()
        for method in _METHODS
        if method in item
    ]
    schemas = {
        name: json.dumps(schema, indent=2, ensure_ascii=False)
        for name, schema in document["components"]["schemas"].items()
        if name not in ("HTTPValidationError", "ValidationError")
    }
    language = choose_language(
        request.query_params.get("lang"), request.headers.get("accept-language", "")
    )
    return page("reference.html", language, operations=operations, schemas=schemas)


def _operation(operation: dict[str, Any]) -> dict[str, Any]:
    return {
        "description": operation.get("description", operation.get("summary", "")),
        "parameters": operation.get("parameters", []),
        "body": _name(operation.get("requestBody", {}).get("content", {})),
        "answers": {
            code: _name(answer.get("content", {}))
            for code, answer in operation["responses"].items()
            if code < "400"
        },
    }


def _name(content: dict[str, Any]) -> str:
    """The schema's name, when it has one."""
    schema = content.get("application/json", {}).get("schema", {})
    return str(schema.get("$ref", "")).rpartition("/")[2]

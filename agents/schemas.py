"""JSON schemas of what a model is to answer. Pure."""

from functools import cache
from typing import Any

from pydantic import BaseModel

Schema = dict[str, Any]


@cache  # pydantic makes it anew each time, which takes milliseconds
def schema_of(kind: type[BaseModel]) -> Schema:
    """The schema of a kind of answer: one object for all who ask, to be read only."""
    return kind.model_json_schema()


def object_of(**properties: Any) -> Schema:
    """An object with all of these properties and no others."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def list_of(item: Schema, **bounds: int) -> Schema:
    return {"type": "array", "items": item, **bounds}

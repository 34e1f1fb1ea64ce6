"""JSON schemas of what a model is to answer. Pure."""

from typing import Any

Schema = dict[str, Any]


def object_of(**properties: Any) -> Schema:
    """An object with all of these properties and no others."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }

"""JSON schemas of what a model is to answer. Pure."""

from copy import deepcopy
from functools import cache
from typing import Any

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WithJsonSchema,
    WrapValidator,
)

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


def _of_a_form(schema: Schema) -> None:
    """All properties are asked for, and no others; names and defaults tell a model nothing."""
    properties = schema["properties"]
    for form in (schema, *properties.values()):
        for key in ("title", "description", "default"):
            form.pop(key, None)
    schema |= object_of(**properties)


class Form(BaseModel):
    """What a model is to fill in: it is asked for every field, and what it leaves out has its
    default all the same."""

    model_config = ConfigDict(json_schema_extra=_of_a_form)


def requiring(*names: str) -> ConfigDict:
    """For a form of which only these fields are asked for."""

    def form(schema: Schema) -> None:
        _of_a_form(schema)
        schema["required"] = list(names)

    return ConfigDict(json_schema_extra=form)


AsText = WithJsonSchema({"type": "string"})  # asked for as a text, whatever is taken


def otherwise(default: object) -> WrapValidator:
    """What does not fit is taken for this."""

    def fit(given: object, fits: ValidatorFunctionWrapHandler) -> object:
        try:
            return fits(given)
        except ValidationError:
            return default

    return WrapValidator(fit)


def sized(**bounds: int) -> Any:
    """Asked for with bounds (`minItems`, `maxItems`), though more or less of it is taken."""
    return Field(json_schema_extra={**bounds})


def bounded(kind: type[BaseModel], **bounds: Schema) -> Schema:
    """The schema of a kind of answer with bounds on some of its properties."""
    schema = deepcopy(schema_of(kind))
    for name, bound in bounds.items():
        schema["properties"][name] |= bound
    return schema

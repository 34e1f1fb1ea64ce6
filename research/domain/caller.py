"""Who asks: the tenant whose rows a request sees, and what it may do with them."""

from typing import Literal, get_args

from research.domain.base import Noun
from research.domain.job import DEFAULT_TENANT

Scope = Literal[
    "research:read",
    "research:write",
    "libraries:read",
    "libraries:write",
    "admin",
]

SCOPES: tuple[Scope, ...] = get_args(Scope)


class Caller(Noun):
    """`name` is that of the key or person; `key_id` the key's, None where another proof was
    given."""

    tenant: str = DEFAULT_TENANT
    scopes: frozenset[Scope] = frozenset(SCOPES)
    name: str = ""
    key_id: str | None = None

"""The one redaction that stands before every log line, event, error and row.

It knows the secrets of the settings in the forms they turn up in (as they are, quoted for a URL,
escaped for JSON or Python, in Base64), and masks user names and passwords in any URL and the
credentials of an `Authorization` header. Not here: short values. What has fewer than eight
characters is not looked for, since words of that length (`none`, `ollama`) stand in many texts.
"""

import base64
import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import quote, quote_plus, unquote, urlsplit

from sqlalchemy.engine import make_url

MASK = "[redacted]"
SHORTEST = 8
_PASSWORDS = ("password", "sslpassword")  # in the query of a database's URL
_forms: tuple[str, ...] = ()
_AS_IT_IS = (int, float, type(None))  # a bool is an int
_CREDENTIALS = re.compile(
    r"""
      (?P<scheme>\b[a-z][a-z0-9+.-]{0,30}://)[^\s/?#"'<>]{1,2000}(?=@)
    | (?P<header>\bauthorization["']?\s{0,8}[:=]\s{0,8}b?["']?(?:bearer|basic)\s{1,8})[^\s"',;]+
    | (?P<bearer>\b(?-i:Bearer)[ ])(?=[\w.~+/-]*\d)[\w.~+/=-]{16,}
    | (?a:(?P<own>\b(?-i:ll_[0-9a-f]{12}_))[\w-]{43})  # research/access/keys.py
    """,
    re.IGNORECASE | re.VERBOSE,
)


def remember(secrets: Iterable[str]) -> None:
    """Mask these from now on, in each of their forms."""
    global _forms
    forms = {form for secret in secrets for form in _forms_of(secret) if len(form) >= SHORTEST}
    # the longest first, so that a form which holds another is masked whole
    _forms = tuple(sorted(forms.union(_forms), key=len, reverse=True))


def of_address(url: str) -> list[str]:
    """The secrets in the URL of an HTTP service: its password, or the user where that is all, and
    both in the form of Basic authentication."""
    parts = urlsplit(url)
    if not parts.username:
        return []
    user, password = unquote(parts.username), unquote(parts.password or "")
    pair = base64.b64encode(f"{user}:{password}".encode()).decode()
    return [password or user, pair]


def of_database(url: str) -> list[str]:
    """The passwords in a database's URL, which other than an address may hold `#`, `/` and `?`
    unquoted. Its user is no secret: it is an ordinary word, such as `postgres`."""
    parsed = make_url(url)
    asked = parsed.normalized_query
    named = [value for name in _PASSWORDS for value in asked.get(name, ())]
    return [str(parsed.password), *named] if parsed.password else named


def without_secrets(text: str) -> str:
    """The text with the known secrets masked, and nothing else changed: for what is kept word for
    word, such as a model's answer."""
    for form in _forms:
        text = text.replace(form, MASK)
    return text


def redact(text: str) -> str:
    """The text with all secrets masked: the known ones, and what looks like credentials."""
    return _CREDENTIALS.sub(
        lambda found: f"{found[found.lastgroup or 0]}{MASK}", without_secrets(text)
    )


def redacted(value: Any) -> Any:
    """The same value with `redact` applied to every text in it; what is no text, number or
    collection of them is told in its own words."""
    return _each(value, redact, lambda other: redact(str(other)))


def values_without_secrets(value: Any) -> Any:
    """The same value with `without_secrets` applied to every text in it: for what another service
    answered, and for rows."""
    return _each(value, without_secrets, lambda other: other)


def _each(value: Any, text: Callable[[str], str], other: Callable[[Any], Any]) -> Any:
    if isinstance(value, str):
        return text(value)
    if isinstance(value, _AS_IT_IS):
        return value
    if isinstance(value, Mapping):
        return {
            text(name) if isinstance(name, str) else name: _each(one, text, other)
            for name, one in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [_each(one, text, other) for one in value]
    return other(value)


def _forms_of(secret: str) -> set[str]:
    bare = secret.strip()
    forms = {bare}
    for one in {secret, bare}:
        raw = one.encode("utf-8", "surrogateescape")
        encoded = base64.b64encode(raw).decode()
        forms |= {
            quote(raw, safe=""),
            quote_plus(raw),
            json.dumps(one)[1:-1],
            json.dumps(one, ensure_ascii=False)[1:-1],
            repr(one)[1:-1],
            encoded,
            encoded.rstrip("="),
        }
    return forms

"""No secret of the settings in any form that it turns up in, and nothing else changed."""

import base64
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from research.errors import ModelRefused, ReadingError
from research.secrets import redaction
from research.settings import load_settings

SECRET = 'sk-a/b+c"d\\e 0123'
KEYS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8, max_size=60)


@pytest.fixture(autouse=True)
def _nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redaction, "_forms", ())


@pytest.mark.parametrize(
    "form",
    [
        SECRET,
        quote(SECRET, safe=""),
        quote_plus(SECRET),
        json.dumps({"key": SECRET}),
        repr({"key": SECRET}),
        base64.b64encode(SECRET.encode()).decode(),
    ],
)
def test_a_key_is_masked_in_every_form(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADLINE_MODEL_API_KEY", SECRET)
    load_settings()
    told = redaction.redact(f"before {form} after")
    assert told.startswith("before ") and told.endswith(" after") and redaction.MASK in told
    assert SECRET not in told and "0123" not in told and "YyJk" not in told


@given(KEYS, st.text(max_size=50), st.text(max_size=50))
def test_what_stands_around_a_key_stays(key: str, before: str, after: str) -> None:
    redaction._forms = ()
    redaction.remember([key])
    told = redaction.without_secrets(f"{before}\n{key}\n{after}")
    assert key not in told
    if key not in before + after:
        assert told == f"{before}\n{redaction.MASK}\n{after}"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("https://me:pass@word@host:80/v1?a=b", f"https://{redaction.MASK}@host:80/v1?a=b"),
        ("postgresql+psycopg://u:p@db/x", f"postgresql+psycopg://{redaction.MASK}@db/x"),
        ("{'Authorization': 'Bearer abc'}", f"{{'Authorization': 'Bearer {redaction.MASK}'}}"),
        ("b'Bearer 0123456789abcdef'", f"b'Bearer {redaction.MASK}'"),
    ],
)
def test_credentials_are_masked_without_being_known(text: str, told: str) -> None:
    assert redaction.redact(text) == told


@pytest.mark.parametrize(
    "text",
    [
        "basic understanding of bearer instruments",
        "https://example.org/@someone/1",
        "write to me@example.org, see http://example.org",
        "a key of none",
    ],
)
def test_ordinary_words_stay(text: str) -> None:
    redaction.remember(["none", ""])
    assert redaction.redact(text) == text


def test_a_password_of_an_address_is_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADLINE_MODEL_BASE_URL", "http://me:open%20sesame@127.0.0.1:1/v1")
    monkeypatch.setenv("LEADLINE_DATABASE_URL", "postgresql://u:database-word@db/x")
    load_settings()
    pair = base64.b64encode(b"me:open sesame").decode()
    told = redaction.redact(f"open sesame / {pair} / database-word / open%20sesame")
    assert told == " / ".join([redaction.MASK] * 4)


def test_errors_and_what_they_hold_tell_no_secret() -> None:
    redaction.remember([SECRET])
    refused = ModelRefused(model="m", reason=f"no such key {SECRET}", mend=f"not {SECRET}")
    unread = ReadingError(url="https://a.org/", kind="broken", reason=SECRET)
    for told in (str(refused), refused.mend, *refused.fields.values(), str(unread), unread.reason):
        assert SECRET not in told
    assert (
        str(refused) == f"The model endpoint m refused the request: no such key {redaction.MASK}."
    )


def test_values_are_masked_wherever_they_stand() -> None:
    redaction.remember([SECRET])
    found = redaction.redacted({SECRET: [1, None, (SECRET, {"a": SECRET})], "e": OSError(SECRET)})
    assert SECRET not in repr(found) and found["e"] == redaction.MASK


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://leadline:hunter#2/or?so@127.0.0.1/leadline",
        "postgresql://leadline:hunter%232%2For%3Fso@127.0.0.1/leadline",
        "postgresql://leadline@127.0.0.1/leadline?password=hunter%232/or?so",
        "postgresql://127.0.0.1/leadline?user=leadline&password=hunter%232%2For%3Fso",
    ],
)
def test_a_databases_password_is_masked_and_its_user_is_a_word(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEADLINE_DATABASE_URL", url)
    load_settings()
    told = redaction.redact("leadline could not sign in with hunter#2/or?so")
    assert told == f"leadline could not sign in with {redaction.MASK}"


@pytest.mark.parametrize("url", ["postgresql://leadline@db/leadline", "sqlite:////tmp/leadline.db"])
def test_a_database_without_a_password_has_no_secret(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEADLINE_DATABASE_URL", url)
    load_settings()
    for text in ("leadline of the sounding machine", "bGVhZGxpbmU6"):
        assert redaction.redact(text) == text

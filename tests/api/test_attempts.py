"""Keys are not guessed at the sign-in."""

import pytest
from pydantic import SecretStr

from api.guarding.attempts import FAILURES, Attempts
from research.errors import TooManyAttempts
from research.settings import Settings
from tests.api.conftest import Service, Start

KEY = "a-key-of-this-service-0123456789"


@pytest.fixture
async def locked(start: Start, settings: Settings) -> Service:
    return await start(None, with_settings=settings.model_copy(update={"api_key": SecretStr(KEY)}))


async def test_after_some_wrong_keys_no_more_are_tried(locked: Service) -> None:
    for number in range(FAILURES):
        answer = await locked.client.post("/sign-in", data={"key": f"wrong {number}"})
        assert answer.status_code == 403
    for key in ("wrong", KEY):
        answer = await locked.client.post("/sign-in", data={"key": key})
        assert answer.status_code == 429 and "set-cookie" not in answer.headers
        assert 0 < int(answer.headers["retry-after"]) <= 60
    by_key = {"Authorization": f"Bearer {KEY}"}
    assert (await locked.client.get("/v1/research", headers=by_key)).status_code == 200


def test_attempts_count_for_a_place_and_for_a_while() -> None:
    attempts = Attempts(failures=2, seconds=1000)
    for address in ("2001:db8::1", "2001:db8::2"):
        attempts.check(address)
        attempts.failed(address)
    for address in ("2001:db8::3", "2001:0db8:0:0:1::1"):
        with pytest.raises(TooManyAttempts):
            attempts.check(address)
    for address in ("2001:db8:0:1::1", "192.0.2.1", None, "x"):
        attempts.check(address)
    for _ in range(2):
        attempts.failed("::ffff:198.51.100.1")
    for address in ("::ffff:198.51.100.1", "198.51.100.1"):
        with pytest.raises(TooManyAttempts):
            attempts.check(address)
    attempts.check("::ffff:198.51.100.2")
    passed = Attempts(failures=1, seconds=0)
    passed.failed("192.0.2.1")
    passed.check("192.0.2.1")


async def test_docs_are_behind_the_key(locked: Service) -> None:
    for path in ("/docs", "/openapi.json"):
        answer = await locked.client.get(path)
        assert answer.status_code == 401 and "paths" not in answer.text
        by_key = await locked.client.get(path, headers={"Authorization": f"Bearer {KEY}"})
        assert by_key.status_code == 200 and "/v1/research" in by_key.text

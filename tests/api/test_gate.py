"""Who is let in: by size, by name, by site, by key. Over real HTTP, byte by byte where a client
would not send it."""

import asyncio
import hashlib
from collections.abc import AsyncIterator

import httpx
import pytest
from pydantic import SecretStr

from api.guarding import gate
from api.guarding.access import COOKIE
from api.http.headers import POLICY
from api.jobs.serving import hosts_for
from research.errors import SettingsError
from research.settings import Settings
from research.store.schema import newest_revision
from tests.api.conftest import Service, Start

KEY = "correct horse battery staple"
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


@pytest.fixture
async def locked(start: Start, settings: Settings) -> Service:
    return await start(None, with_settings=settings.model_copy(update={"api_key": SecretStr(KEY)}))


async def raw(service: Service, request: bytes) -> bytes:
    port = int(service.url.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    await writer.drain()
    answer = await asyncio.wait_for(reader.read(4096), 60)
    writer.close()
    await writer.wait_closed()
    return answer


async def test_a_large_body_is_refused_before_it_is_sent(service: Service) -> None:
    answer = await raw(
        service,
        b"POST /v1/research HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 999999999\r\n\r\n",
    )
    assert (
        answer.startswith(b"HTTP/1.1 413")
        and b"application/problem+json" in answer
        and b"request_too_large" in answer
    )


@pytest.mark.parametrize("path", ["/v1/research", "/ask", "/sign-in"])
async def test_a_large_chunked_body_is_refused_as_it_grows(service: Service, path: str) -> None:
    sent = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(10_000):
            sent += 65536
            yield b" " * 65536

    try:
        answer = await service.client.post(path, content=body())
        assert answer.status_code == 413 and answer.json()["code"] == "request_too_large"
    except (httpx.WriteError, httpx.ReadError, httpx.RemoteProtocolError):
        pass  # the service has answered and hung up while we were sending
    assert sent < 100 * 65536
    assert (await service.client.get("/healthz")).status_code == 200


async def test_a_body_at_the_limit_is_read(service: Service) -> None:
    frame = b'{"question": "q", "instructions": "%s"}'
    body = frame % (b"x" * (gate.BODY_LIMIT - len(frame) + 2))
    assert len(body) == gate.BODY_LIMIT
    answer = await service.client.post(
        "/v1/research", content=body, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 422 and answer.json()["field"] == "instructions"
    assert (await service.client.post("/v1/research", content=body + b" ")).status_code == 413


@pytest.mark.parametrize(
    "host",
    ["rebound.example.com", "127.0.0.1.example.com", "localhost.", "", "[::2]", "a@localhost"],
)
async def test_another_name_is_refused(service: Service, host: str) -> None:
    answer = await service.client.get("/v1/research", headers={"Host": host})
    assert answer.status_code == 403 and answer.json()["code"] == "origin_refused"


@pytest.mark.parametrize("host", ["localhost:8321", "127.0.0.1", "[::1]:80", "LOCALHOST"])
async def test_the_names_of_this_machine_are_ours(service: Service, host: str) -> None:
    assert (await service.client.get("/v1/research", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example.com"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "http://["},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_other_sites_change_nothing(service: Service, headers: dict[str, str]) -> None:
    for path in ("/v1/research", "/ask", "/research/x/cancel"):
        answer = await service.client.post(path, json={"question": "q"}, headers=headers)
        assert answer.status_code == 403 and answer.json()["code"] == "origin_refused"
    assert await service.store.jobs() == []
    own = {"Origin": service.url, "Sec-Fetch-Site": "same-origin"}
    assert (
        await service.client.post("/v1/research", json={"question": "q"}, headers=own)
    ).status_code == 202


async def test_no_other_site_may_read(service: Service) -> None:
    answer = await service.client.get(
        "/v1/research", headers={"Origin": "https://evil.example.com"}
    )
    assert not [name for name in answer.headers if name.startswith("access-control-")]
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"


async def test_every_answer_carries_the_strict_policy(service: Service) -> None:
    for path in ("/", "/nothing", "/v1/research", "/static/viewer.css", "/docs", "/sign-in"):
        headers = (await service.client.get(path)).headers
        assert (
            headers["content-security-policy"] == POLICY
            and headers["x-content-type-options"] == "nosniff"
        )
    assert "unsafe" not in POLICY and "default-src 'none'" in POLICY


async def test_a_path_that_does_not_exist_is_a_problem_document(service: Service) -> None:
    for method, path, status in (("GET", "/v1/nothing", 404), ("DELETE", "/v1/research", 405)):
        answer = await service.client.request(method, path)
        assert (
            answer.status_code == status
            and answer.headers["content-type"] == "application/problem+json"
        )


async def test_the_key_is_needed(locked: Service) -> None:
    for headers in (
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": f"Basic {KEY}"},
        {"Cookie": f"{COOKIE}={KEY}"},
    ):
        answer = await locked.client.get("/v1/research", headers=headers)
        assert answer.status_code == 401 and answer.json()["code"] == "key_required"
        assert answer.headers["www-authenticate"] == "Bearer"
    assert (
        await locked.client.get("/v1/research", headers={"Authorization": f"Bearer {KEY}"})
    ).status_code == 200
    for path in ("/healthz", "/readyz"):
        assert (await locked.client.get(path)).status_code == 200


async def test_the_viewer_asks_for_the_key_once(locked: Service) -> None:
    answer = await locked.client.get("/", headers=BROWSER)
    assert answer.status_code == 303 and answer.headers["location"] == "/sign-in"
    assert (await locked.client.post("/sign-in", data={"key": "wrong"})).status_code == 403
    answer = await locked.client.post("/sign-in", data={"key": KEY})
    cookie = answer.headers["set-cookie"]
    assert (
        answer.status_code == 303
        and "HttpOnly" in cookie
        and "SameSite=strict" in cookie
        and KEY not in cookie
    )
    assert (await locked.client.get("/")).status_code == 200
    assert (await locked.client.get("/v1/research")).status_code == 200
    assert (
        await locked.client.post(
            "/v1/research", json={"question": "q"}, headers={"Origin": "https://evil.example"}
        )
    ).status_code == 403


async def test_a_session_is_bound_to_the_key_of_the_service(
    start: Start, settings: Settings, locked: Service
) -> None:
    await locked.client.post("/sign-in", data={"key": KEY})
    token = locked.client.cookies[COOKIE]
    changed = settings.model_copy(update={"api_key": SecretStr(KEY[::-1])})
    elsewhere = await start(None, with_settings=changed)
    cookie = {"Cookie": f"{COOKIE}={token}"}
    assert (await elsewhere.client.get("/v1/research", headers=cookie)).status_code == 401
    assert (await locked.client.get("/v1/research", headers=cookie)).status_code == 200
    for forged in ("", token[:-1], token + "x", "٣", hashlib.sha256(token.encode()).hexdigest()):
        headers = {"Cookie": f"{COOKIE}={forged}".encode()}
        locked.client.cookies.clear()
        assert (await locked.client.get("/v1/research", headers=headers)).status_code == 401


async def test_a_cookie_alone_changes_nothing(locked: Service) -> None:
    """A form of another site, sent by a browser too old to say where it comes from."""
    await locked.client.post("/sign-in", data={"key": KEY})
    for headers, status in (({}, 403), ({"Origin": locked.url}, 303)):
        answer = await locked.client.post(
            "/ask", data={"question": "q", "web": "web"}, headers=headers
        )
        assert answer.status_code == status
    assert len(await locked.store.jobs()) == 1


@pytest.mark.parametrize("accept", ["*/*", "text/plain;version=0.0.4;q=0.5", "text/html;q=0", ""])
async def test_only_a_browser_is_sent_to_the_sign_in(locked: Service, accept: str) -> None:
    """A scraper that followed would take the page for what it asked for."""
    for path in ("/metrics", "/usage", "/"):
        answer = await locked.client.get(path, headers={"Accept": accept})
        assert answer.status_code == 401 and answer.json()["code"] == "key_required"
        assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("other", ['prefs={"a":1}', "a[]=1", "=", "é=ü", 'x="', "$Path=/"])
async def test_cookies_of_others_on_this_host_sign_nobody_out(locked: Service, other: str) -> None:
    await locked.client.post("/sign-in", data={"key": KEY})
    own = f"{COOKIE}={locked.client.cookies[COOKIE]}"
    for cookies in (f"{other}; {own}", f"{own}; {other}"):
        locked.client.cookies.clear()
        headers = {"Cookie": cookies.encode(), **BROWSER}
        assert (await locked.client.get("/", headers=headers)).status_code == 200


async def test_signing_out_ends_the_session(locked: Service) -> None:
    await locked.client.post("/sign-in", data={"key": KEY})
    token = locked.client.cookies[COOKIE]
    answer = await locked.client.post("/sign-out", headers={"Origin": locked.url})
    assert answer.status_code == 303 and COOKIE not in locked.client.cookies
    old = {"Cookie": f"{COOKIE}={token}"}
    assert (await locked.client.get("/v1/research", headers=old)).status_code == 401


def test_beyond_this_machine_a_key_is_needed(settings: Settings) -> None:
    for host in ("0.0.0.0", "::", "192.168.1.2", "example.org"):
        with pytest.raises(SettingsError, match="LEADLINE_API_KEY"):
            hosts_for(host, settings)
        assert hosts_for(host, settings.model_copy(update={"api_key": SecretStr(KEY)})) is None
        with pytest.raises(SettingsError, match="fewer than 20 characters"):
            hosts_for(host, settings.model_copy(update={"api_key": SecretStr("k" * 19)}))
    for host in ("127.0.0.1", "localhost", "::1", "127.0.0.2"):
        assert host in (hosts_for(host, settings) or ())


async def test_ready_only_while_the_database_answers_and_the_worker_looks(
    service: Service, start: Start
) -> None:
    queue = {"moves": True, "waiting": 0, "worked_on": 0}
    ready = {"status": "ready", "worker": True, "schema": newest_revision(), "queue": queue}
    assert (await service.client.get("/readyz")).json() == ready
    idle = await start(None)
    assert (await idle.client.get("/readyz")).json() == ready | {"worker": False}
    async with idle.store.session() as session:
        from sqlalchemy import text

        await (await session.connection()).execute(text("DROP TABLE alembic_version"))
    async with asyncio.timeout(60):  # what was found is trusted for a moment
        while (answer := await idle.client.get("/readyz")).status_code == 200:
            await asyncio.sleep(0.1)
    assert answer.status_code == 503 and answer.json()["code"] == "not_ready"

"""Signing in by an identity provider: a small real one on loopback, with keys of its own, that signs
ID tokens by RS256 and checks PKCE."""

import asyncio
import base64
import hashlib
import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, RedirectResponse
from joserfc import jwt
from joserfc.jwk import RSAKey
from pydantic import SecretStr
from sqlmodel import select, update

from api.guarding.access import COOKIE
from api.guarding.oidc import STATE_COOKIE
from api.jobs.serving import hosts_for
from research.domain import now
from research.errors import SettingsError
from research.settings import Settings
from research.store.database import Store
from research.store.tables import SessionRow
from tests.api.conftest import Service, Start
from tests.api.test_gate import BROWSER

CLIENT, SECRET = "leadline", "a client secret of the tests"


@dataclass
class Provider:
    """`claims` are what it says of the person, `forge` what it does to an ID token's claims before
    it signs them with `key`."""

    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "k1"}))
    published: RSAKey | None = None
    claims: dict[str, Any] = field(default_factory=lambda: {"org": "acme", "email": "a@acme.test"})
    forge: Callable[[dict[str, Any]], None] = lambda _: None
    issuer: str = ""
    discovery: dict[str, Any] = field(default_factory=dict)
    keys: Any = None
    asked: dict[str, dict[str, str]] = field(default_factory=dict)
    redeemed: list[bool] = field(default_factory=list)

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.get("/.well-known/openid-configuration")
        async def metadata() -> dict[str, Any]:
            return {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/jwks",
                "id_token_signing_alg_values_supported": ["RS256"],
                **self.discovery,
            }

        @app.get("/jwks")
        async def jwks() -> Any:
            keys = {"keys": [(self.published or self.key).as_dict(private=False)]}
            return keys if self.keys is None else self.keys

        @app.get("/authorize")
        async def authorize(request: Request) -> RedirectResponse:
            asked = dict(request.query_params)
            code = f"code-{len(self.asked)}"
            self.asked[code] = asked
            back = urlencode({"code": code, "state": asked["state"]})
            return RedirectResponse(f"{asked['redirect_uri']}?{back}", status_code=302)

        @app.post("/token")
        async def token(request: Request) -> JSONResponse:
            form = {name: values[0] for name, values in parse_qs(await request.body()).items()}
            sent = {name.decode(): value.decode() for name, value in form.items()}
            return self._token(sent, request.headers.get("authorization", ""))

        return app

    def _token(self, sent: dict[str, str], authorization: str) -> JSONResponse:
        asked = self.asked.pop(sent.get("code", ""), None)
        digest = hashlib.sha256(sent.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        basic = "Basic " + base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        held = asked is not None and asked["code_challenge"] == challenge
        self.redeemed.append(held and authorization == basic)
        if asked is None or not self.redeemed[-1]:
            return JSONResponse({"error": "invalid_grant"}, status_code=400)
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "sub": "person-1",
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
            **self.claims,
        }
        self.forge(claims)
        id_token = jwt.encode({"alg": "RS256", "kid": "k1"}, claims, self.key)
        return JSONResponse({"access_token": "t", "token_type": "Bearer", "id_token": id_token})


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    made = Provider()
    config = uvicorn.Config(made.app(), port=0, log_config=None, timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    task = asyncio.create_task(server._serve())
    try:
        async with asyncio.timeout(60):
            while not server.started:
                await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        made.issuer = f"http://127.0.0.1:{port}"
        yield made
    finally:
        server.should_exit = True
        await task


def with_oidc(settings: Settings, provider: Provider, redirect_url: str, **more: Any) -> Settings:
    told = {
        "oidc_issuer": provider.issuer,
        "oidc_client_id": CLIENT,
        "oidc_client_secret": SecretStr(SECRET),
        "oidc_redirect_url": redirect_url,
        "oidc_tenant_claim": "org",
    }
    return settings.model_copy(update=told | more)


@pytest.fixture
async def viewer(start: Start, settings: Settings, provider: Provider) -> Service:
    """Its address is known once it serves, so browsers are sent to a name that tests rewrite."""
    return await start(
        None, with_settings=with_oidc(settings, provider, "https://leadline.test/sign-in/callback")
    )


@asynccontextmanager
async def browser(viewer: Service) -> AsyncIterator[httpx.AsyncClient]:
    """Cookies that are for TLS only are kept by hand: the tests speak plain HTTP on loopback."""
    async with httpx.AsyncClient(base_url=viewer.url, timeout=30) as client:
        yield client


def cookie_of(answer: httpx.Response, name: str) -> str:
    (line,) = [one for one in answer.headers.get_list("set-cookie") if one.startswith(name + "=")]
    assert "httponly" in line.lower() and "secure" in line.lower()
    return line.split(";")[0]


async def to_the_provider(client: httpx.AsyncClient) -> tuple[str, str]:
    """The way back that the provider names, and the browser's state cookie."""
    left = await client.get("/sign-in/oidc")
    assert left.status_code == 302, left.text
    asked = parse_qs(urlsplit(left.headers["location"]).query)
    assert asked["code_challenge_method"] == ["S256"] and asked["response_type"] == ["code"]
    assert len(asked["state"][0]) >= 16 and len(asked["nonce"][0]) >= 16
    async with httpx.AsyncClient() as outside:
        back = await outside.get(left.headers["location"])
    place = urlsplit(back.headers["location"])
    assert place.netloc == "leadline.test"
    return f"{place.path}?{place.query}", cookie_of(left, STATE_COOKIE)


async def signed_in(client: httpx.AsyncClient) -> httpx.Response:
    back, state = await to_the_provider(client)
    client.cookies.clear()
    return await client.get(back, headers={"Cookie": state})


async def test_a_person_signs_in_as_their_tenant_and_out_again(
    viewer: Service, store: Store, provider: Provider
) -> None:
    async with browser(viewer) as client:
        page = await client.get("/", headers=BROWSER)
        assert page.status_code == 303 and page.headers["location"] == "/sign-in"
        assert 'href="/sign-in/oidc"' in (await client.get("/sign-in")).text
        answer = await signed_in(client)
        assert answer.status_code == 200 and re.search(r'http-equiv="refresh"', answer.text)
        session = cookie_of(answer, COOKIE)
        assert f"Max-Age={12 * 3600};" in str(answer.headers.get_list("set-cookie"))
        async with store.session() as rows:
            (row,) = list(await rows.exec(select(SessionRow)))
        assert row.expires_at - row.created_at <= timedelta(hours=12, seconds=60)
        assert "samesite=strict" in str(answer.headers.get_list("set-cookie")).lower()
        assert provider.redeemed == [True]
        headers = {"Cookie": session, "Origin": viewer.url}
        home = await client.get("/", headers=headers)
        assert home.status_code == 200 and 'action="/sign-out' in home.text
        asked = {"question": "How deep?", "web": "web"}
        assert (await client.post("/ask", data=asked, headers=headers)).status_code == 303
        assert len(await store.of("acme").jobs()) == 1
        assert (await client.get("/v1/usage", headers=headers)).status_code == 403
        assert (await client.post("/sign-out", headers=headers)).status_code == 303
        assert (await client.get("/", headers=headers | BROWSER)).status_code == 303


async def test_a_sign_in_of_before_ends_as_early_as_those_of_now(
    viewer: Service, store: Store, provider: Provider
) -> None:
    """What was opened for 30 days by an older version lasts 12 hours too."""
    async with browser(viewer) as client:
        headers = {"Cookie": cookie_of(await signed_in(client), COOKIE)}
        for hours, status in ((11, 200), (13, 303)):
            began = now() - timedelta(hours=hours)
            older = {"created_at": began, "expires_at": began + timedelta(days=30)}
            async with store.session() as rows:
                await rows.exec(update(SessionRow).values(**older))
            assert (await client.get("/", headers=headers | BROWSER)).status_code == status


async def test_only_the_browser_that_left_arrives_and_only_once(viewer: Service) -> None:
    async with browser(viewer) as client:
        back, state = await to_the_provider(client)
        client.cookies.clear()
        assert (await client.get(back)).status_code == 403  # another browser
        changed = re.sub("state=[^&]+", "state=forged", back)
        assert (await client.get(changed, headers={"Cookie": state})).status_code == 403
        assert (await client.get(back, headers={"Cookie": state})).status_code == 200
        assert (
            await client.get(back, headers={"Cookie": state})
        ).status_code == 403  # code is used
        refused = "/sign-in/callback?error=access_denied&error_description=<script>"
        answer = await client.get(refused, headers={"Cookie": state})
        assert answer.status_code == 403 and "<script>" not in answer.text


@pytest.mark.parametrize(
    "wrong",
    [
        {"nonce": "of another sign-in"},
        {"aud": "another client"},
        {"aud": "another client", "azp": CLIENT},
        {"aud": None},
        {"iss": "https://elsewhere.test"},
        {"exp": 1},
        {"org": None},
        {"org": "Not A Tenant"},
        {"org": ["acme", "umbrella"]},
    ],
    ids=str,
)
async def test_an_id_token_that_does_not_hold_signs_nobody_in(
    viewer: Service, provider: Provider, wrong: dict[str, Any]
) -> None:
    provider.forge = lambda claims: claims.update(wrong)
    async with browser(viewer) as client:
        answer = await signed_in(client)
        assert answer.status_code == 403 and COOKIE not in str(answer.headers)


async def test_a_token_signed_by_another_key_signs_nobody_in(
    viewer: Service, provider: Provider
) -> None:
    provider.published = RSAKey.generate_key(2048, {"kid": "k1"})
    async with browser(viewer) as client:
        assert (await signed_in(client)).status_code == 403


@pytest.mark.parametrize("keys", [{}, [], {"keys": None}, {"keys": [{}]}], ids=str)
async def test_keys_that_cannot_be_read_sign_nobody_in(
    viewer: Service, provider: Provider, keys: Any
) -> None:
    provider.keys = keys
    async with browser(viewer) as client:
        answer = await signed_in(client)
        assert answer.status_code == 403 and COOKIE not in str(answer.headers)


async def test_a_claim_may_be_mapped_and_a_list(
    start: Start, settings: Settings, store: Store, provider: Provider
) -> None:
    told = with_oidc(
        settings,
        provider,
        "https://leadline.test/sign-in/callback",
        oidc_tenants={"Team Sea": "acme"},
    )
    mapped = await start(None, with_settings=told)
    async with browser(mapped) as client:
        provider.claims = {"org": ["Staff", "Team Sea"]}
        assert (await signed_in(client)).status_code == 200
        provider.claims = {"org": "acme"}  # no name of the map
        assert (await signed_in(client)).status_code == 403


async def test_an_address_names_a_tenant_only_when_it_is_verified(
    start: Start, settings: Settings, provider: Provider
) -> None:
    place = "https://leadline.test/sign-in/callback"
    tenants = {"a@acme.test": "acme"}
    told = with_oidc(settings, provider, place, oidc_tenant_claim="email", oidc_tenants=tenants)
    service = await start(None, with_settings=told)
    async with browser(service) as client:
        for verified, status in ((None, 403), (False, 403), ("true", 403), (True, 200)):
            provider.claims = {"email": "a@acme.test", "email_verified": verified}
            assert (await signed_in(client)).status_code == status, verified


@pytest.mark.parametrize("missing", ["authorization_endpoint", "token_endpoint", "jwks_uri"])
async def test_a_provider_that_describes_itself_in_part_is_told(
    viewer: Service, provider: Provider, missing: str
) -> None:
    provider.discovery = {missing: None}
    async with browser(viewer) as client:
        for path in ("/sign-in/oidc", "/sign-in/callback?code=c&state=s"):
            answer = await client.get(path)
            assert answer.status_code == 403 and missing in answer.text
        provider.discovery = {}  # mended: looked at anew
        assert (await signed_in(client)).status_code == 200


async def test_a_provider_that_is_away_is_told(
    start: Start, settings: Settings, provider: Provider
) -> None:
    gone = with_oidc(
        settings, provider, "https://leadline.test/c", oidc_issuer="http://127.0.0.1:9"
    )
    service = await start(None, with_settings=gone)
    answer = await service.client.get("/sign-in/oidc")
    assert answer.status_code == 403 and "cannot be reached" in answer.text


async def test_a_provider_needs_all_its_settings_and_locks_the_service(
    start: Start, settings: Settings, provider: Provider, viewer: Service
) -> None:
    assert (await viewer.client.get("/v1/research")).status_code == 401
    half = with_oidc(settings, provider, "https://leadline.test/c", oidc_tenant_claim=None)
    with pytest.raises(SettingsError, match="LEADLINE_OIDC_TENANT_CLAIM"):
        await start(None, with_settings=half)
    assert hosts_for("0.0.0.0", settings, keys=True) is None

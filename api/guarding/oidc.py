"""Signing in to the viewer by an OpenID Connect provider: authorization code with PKCE, state and
nonce, by Authlib.

A claim of the provider names the tenant: as it is, or by `LEADLINE_OIDC_TENANTS`. Who has none of a
known name is not let in, so that a provider many share opens nothing to strangers. Not here: the
pages (`api/viewer/oidc.py`), the session that follows (`access.py`).
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx2
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.starlette_client import OAuth
from joserfc.errors import JoseError
from starlette.requests import Request
from starlette.responses import Response

from research.access.keys import tenant_named
from research.domain import Caller, Scope
from research.errors import InputRejected, SettingsError, SignInRefused
from research.settings import Settings

SCOPES: frozenset[Scope] = frozenset(
    {"research:read", "research:write", "libraries:read", "libraries:write"}
)
NEEDED = ("client_id", "client_secret", "redirect_url", "tenant_claim")
DISCOVERED = ("authorization_endpoint", "token_endpoint", "jwks_uri")
TIMEOUT = 10.0  # seconds for the provider to answer
STATE_COOKIE = "leadline_oidc"
STATE_SECONDS = 600  # to sign in at the provider


@dataclass(frozen=True)
class Oidc:
    """One provider. Raises `SettingsError` when it is named, and not all that it needs."""

    settings: Settings

    def __post_init__(self) -> None:
        for name in NEEDED:
            if not getattr(self.settings, f"oidc_{name}"):
                raise SettingsError(
                    name=f"LEADLINE_OIDC_{name.upper()}",
                    reason="it is needed together with LEADLINE_OIDC_ISSUER",
                )
        client_secret = self.settings.oidc_client_secret
        assert client_secret is not None  # checked above
        registry = OAuth()
        registry.register(
            "provider",
            client_id=self.settings.oidc_client_id,
            client_secret=client_secret.get_secret_value(),
            server_metadata_url=f"{self.issuer.rstrip('/')}/.well-known/openid-configuration",
            client_kwargs={
                "scope": "openid email profile",
                "code_challenge_method": "S256",
                "timeout": TIMEOUT,
            },
        )
        object.__setattr__(self, "_client", registry.create_client("provider"))

    @property
    def issuer(self) -> str:
        return self.settings.oidc_issuer or ""

    @property
    def is_secure(self) -> bool:
        """Whether browsers reach this service over TLS."""
        return urlsplit(self.settings.oidc_redirect_url or "").scheme == "https"

    @property
    def state_key(self) -> str:
        """What seals the cookie that a browser carries to the provider and back: the same in every
        process of a service."""
        secret = self.settings.oidc_client_secret
        assert secret is not None  # checked when made
        told = secret.get_secret_value().encode()
        return hmac.new(told, b"leadline oidc state", hashlib.sha256).hexdigest()

    async def leave(self, request: Request) -> Response:
        """Send the browser to the provider. Raises `SignInRefused`."""
        client = await self._discovered()
        try:
            sent: Response = await client.authorize_redirect(
                request, self.settings.oidc_redirect_url
            )
        except (AuthlibBaseError, httpx2.HTTPError, ValueError) as error:
            raise SignInRefused(reason="the identity provider cannot be reached") from error
        return sent

    async def arrive(self, request: Request) -> Caller:
        """Who comes back from the provider. Raises `SignInRefused` for an answer that is not to
        what this browser asked, not the provider's own, or of no tenant of ours."""
        client = await self._discovered()
        expected = {
            "iss": {"essential": True, "value": self.issuer},
            "aud": {"essential": True, "value": self.settings.oidc_client_id},
        }
        try:
            token = await client.authorize_access_token(request, claims_options=expected)
        except (AuthlibBaseError, JoseError, KeyError, TypeError) as error:
            # the last two: keys or a token of another form than the standard's
            raise SignInRefused(reason="the identity provider's answer does not hold") from error
        except (httpx2.HTTPError, ValueError) as error:
            raise SignInRefused(reason="the identity provider cannot be reached") from error
        claims = token.get("userinfo")
        if not claims:
            raise SignInRefused(reason="the identity provider says nothing of who you are")
        name = next((claims[k] for k in ("email", "name", "sub") if claims.get(k)), "")
        return Caller(tenant=self._tenant(claims), scopes=SCOPES, name=str(name)[:200])

    async def _discovered(self) -> Any:
        """The client, once the provider's discovery document names what it needs. Raises
        `SignInRefused`."""
        client: Any = self._client  # type: ignore[attr-defined]  # set when made
        try:
            told = await client.load_server_metadata()
        except (httpx2.HTTPError, ValueError) as error:
            raise SignInRefused(reason="the identity provider cannot be reached") from error
        except TypeError as error:  # JSON, and no object
            raise SignInRefused(reason="the identity provider does not describe itself") from error
        missing = next((name for name in DISCOVERED if not isinstance(told.get(name), str)), None)
        if missing is not None:
            client.server_metadata.clear()  # asked for anew at the next sign-in
            reason = f"the identity provider's discovery document does not name its {missing}"
            raise SignInRefused(reason=reason)
        return client

    def _tenant(self, claims: Mapping[str, Any]) -> str:
        """The one tenant that the claim names; a claim may be a list, such as of groups. An address
        that anybody may have typed in names none."""
        claim = self.settings.oidc_tenant_claim or ""
        if claim == "email" and claims.get("email_verified") is not True:
            raise SignInRefused(reason="the identity provider has not verified your email address")
        told = claims.get(claim)
        values = told if isinstance(told, list) else [told]
        named = {tenant for one in values if (tenant := self._named(one)) is not None}
        if len(named) != 1:
            raise SignInRefused(
                reason="the identity provider names no tenant of this service for you"
                if not named
                else "the identity provider names several tenants of this service for you"
            )
        return named.pop()

    def _named(self, value: object) -> str | None:
        if not isinstance(value, str):
            return None
        if self.settings.oidc_tenants:
            return self.settings.oidc_tenants.get(value)
        try:
            return tenant_named(value)
        except InputRejected:
            return None

"""The models of a run, one per role, made from the settings.

Roles with the same endpoint share its limit, and with the same model there its client and dialect.
Nothing is opened before the first call; the embedded model is not even looked for when every role
has another one.
"""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any, Self
from urllib.parse import urlsplit

import openai

from agents.models.chats import Chat, compatible_chat, langchain_chat
from agents.models.dialect.bounded import bound_body
from agents.models.embedded.embedded import embedded_server, require_llama
from agents.models.embedded.llama_server import N_CTX, N_PARALLEL
from agents.models.embedded.weights import find_weights, weights_name
from agents.models.endpoint import DELAYS, FREE, Endpoint, Gate
from agents.models.role import RoleModel
from agents.models.types import WINDOW, Dialect
from browser.net.weights import Tell, log_tell
from research.domain import Role
from research.errors import SettingsError
from research.settings import LOOPBACK, RoleSettings, Settings

CONNECT_SECONDS = 10.0
EMBEDDED_SECONDS = 1800.0  # a long prompt takes minutes on few cores, and waits for a slot before
_EMBEDDED = "embedded"


@dataclass(frozen=True)
class Chosen:
    """What the settings choose for a role. Equal choices are one endpoint."""

    provider: str
    model: str
    base_url: str | None
    key: str | None

    @property
    def label(self) -> str:
        """The model and where it is, without what an address may hold of secrets."""
        if not self.base_url:
            return f"{self.model} at {self.provider}"
        parts = urlsplit(self.base_url)
        host = parts.netloc.rpartition("@")[2]
        return f"{self.model} at {parts.scheme}://{host}{parts.path}"


def choose(settings: Settings, role: Role) -> Chosen:
    """Read a role's model out of the settings. Raises SettingsError when it has a place but no
    name.

    A key belongs to its endpoint: a role with a base URL or a provider of its own never sends the
    default's key there.
    """
    if settings.embedded(role):
        return Chosen(_EMBEDDED, "", None, None)
    own = settings.roles.get(role) or RoleSettings()
    base_url = settings.base_url(role)
    model = own.model or settings.model
    if not model:
        raise SettingsError(
            name="LEADLINE_MODEL",
            reason=f"the {role} role has the endpoint {base_url} but no model",
            mend="Set LEADLINE_MODEL to a model's name there, for example openai:step-3.5-flash.",
        )
    provider, name = _provider(model, base_url)
    default = (_provider(settings.model or model, base_url)[0], settings.model_base_url)
    secret = own.model_api_key
    if secret is None and (provider, base_url) == default:
        secret = settings.model_api_key
    return Chosen(provider, name, base_url, secret.get_secret_value() if secret else None)


def _provider(model: str, base_url: str | None) -> tuple[str, str]:
    """Split `provider:model`. An endpoint speaks OpenAI's language, so that there `qwen3:8b` is a
    name, and only `openai:` a provider."""
    provider, colon, name = model.partition(":")
    if colon and (base_url is None or provider == "openai"):
        return provider, name
    return "openai", model


class Models:
    """`async with Models(settings) as models: models.role("writer")`. `tell` hears what is about to
    be downloaded."""

    def __init__(
        self, settings: Settings, *, tell: Tell = log_tell, delays: Sequence[float] = DELAYS
    ) -> None:
        self._settings = settings
        self._tell = tell
        self._delays = delays
        self._endpoints: dict[Chosen, Endpoint] = {}
        self._gates: dict[str, Gate] = {}
        self._open = AsyncExitStack()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._open.aclose()

    def role(self, role: Role) -> RoleModel:
        """The model of a role. Raises SettingsError; reaches nothing yet."""
        chosen = choose(self._settings, role)
        embedded = chosen.provider == _EMBEDDED
        if chosen not in self._endpoints:
            made = self._embedded() if embedded else self._remote(chosen)
            self._endpoints[chosen] = made
        window = N_CTX // N_PARALLEL if embedded else self._settings.window(role) or WINDOW
        return RoleModel(self._endpoints[chosen], window=window)

    def _embedded(self) -> Endpoint:
        name = weights_name(self._settings)
        return Endpoint(
            name=name,
            label=name,
            open=self._open_embedded,
            gate=Gate(asyncio.Semaphore(N_PARALLEL)),
            provider="llama.cpp",
            host="localhost",
            temperature=self._settings.model_temperature,
            price=FREE,
            seconds=EMBEDDED_SECONDS,
            embedded=True,
            # llama.cpp constrains by schema for certain; these models call no tools natively
            dialect=Dialect(given_up={"tools"}, schema_worked=True),
            delays=self._delays,
        )

    def _remote(self, chosen: Chosen) -> Endpoint:
        slots = asyncio.Semaphore(self._settings.calls_at_once)
        return Endpoint(
            name=chosen.model,
            label=chosen.label,
            open=partial(self._open_remote, chosen),
            gate=self._gates.setdefault(chosen.base_url or chosen.provider, Gate(slots)),
            provider=chosen.provider,
            host=urlsplit(chosen.base_url or "").hostname or "",
            temperature=self._settings.model_temperature,
            price=self._settings.model_price or FREE,
            seconds=self._settings.model_timeout,
            dialect=Dialect(set() if chosen.provider == "openai" else {"schema"}),
            delays=self._delays,
        )

    async def _open_embedded(self) -> Chat:
        require_llama()  # before a download that would be for nothing
        weights = await find_weights(self._settings, self._tell)
        server = await self._open.enter_async_context(embedded_server(weights))
        here = Chosen("openai", _EMBEDDED, server.base_url, server.key)
        return await self._open_compatible(here)

    async def _open_remote(self, chosen: Chosen) -> Chat:
        if chosen.provider == "openai":
            return await self._open_compatible(chosen)
        return await asyncio.to_thread(_other, chosen, self._settings)

    async def _open_compatible(self, chosen: Chosen) -> Chat:
        # certificates take a while to read
        client = await asyncio.to_thread(_client, chosen)
        self._open.push_async_callback(client.close)
        return compatible_chat(client, chosen.model)


def _client(chosen: Chosen) -> openai.AsyncOpenAI:
    # an endpoint of one's own often has no key; the environment's OPENAI_API_KEY is not for it
    key = chosen.key or ("none" if chosen.base_url else None)
    # a proxy of the environment is no way to this machine itself
    here = urlsplit(chosen.base_url or "").hostname in LOOPBACK
    client = openai.DefaultAsyncHttpxClient(
        timeout=openai.Timeout(None, connect=CONNECT_SECONDS),  # of a call: its endpoint
        trust_env=not here,
        event_hooks={"response": [bound_body]},
    )
    try:
        return openai.AsyncOpenAI(
            api_key=key, base_url=chosen.base_url, max_retries=0, http_client=client
        )
    except openai.OpenAIError as error:
        raise SettingsError(name="LEADLINE_MODEL_API_KEY", reason=str(error)) from error


def _other(chosen: Chosen, settings: Settings) -> Chat:
    # here, because it is slow to load and few need it
    from langchain.chat_models import init_chat_model

    options: dict[str, Any] = {"api_key": chosen.key} if chosen.key else {}
    try:
        chat = init_chat_model(
            chosen.model,
            model_provider=chosen.provider,
            timeout=settings.model_timeout,
            temperature=settings.model_temperature,
            max_retries=0,
            **options,
        )
    except (ImportError, ValueError) as error:
        reason = f"{chosen.provider}:{chosen.model}: {error}"
        raise SettingsError(name="LEADLINE_MODEL", reason=reason) from error
    return langchain_chat(chat)

"""The models of a run, one per role, made from the settings.

Roles with the same endpoint share its limit, and with the same model there its client and dialect.
Nothing is opened before the first call; the embedded model is not even looked for when every role
has another one.
"""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any, Self
from urllib.parse import urlsplit

import openai
from langchain_core.language_models import BaseChatModel
from pydantic import SecretStr

from agents.models.compatible import CompatibleChat
from agents.models.dialect.bounded import bound_body
from agents.models.embedded.embedded import embedded_server, require_llama
from agents.models.embedded.llama_server import N_CTX, N_PARALLEL
from agents.models.embedded.weights import find_weights, weights_name
from agents.models.endpoint import Endpoint, Gate, Open, Patience
from agents.models.role import RoleModel
from agents.models.types import WINDOW, Dialect
from browser.net.weights import Tell, log_tell
from research.domain import Role
from research.errors import SettingsError
from research.settings import LOOPBACK, Settings

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
    def place(self) -> str:
        return self.base_url or self.provider

    @property
    def label(self) -> str:
        """The model and where it is, without what an address may hold of secrets."""
        parts = urlsplit(self.base_url or "")
        at = (
            f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
            if self.base_url
            else self.provider
        )
        return f"{self.model} at {at}"


def choose(settings: Settings, role: Role) -> Chosen:
    """Read a role's model out of the settings. Raises SettingsError when it has a place but no
    name.

    A key belongs to its endpoint: a role with a base URL or a provider of its own never sends the
    default's key there.
    """
    if settings.embedded(role):
        return Chosen(_EMBEDDED, "", None, None)
    own = settings.roles.get(role)
    base_url = settings.base_url(role)
    model = (own and own.model) or settings.model
    if not model:
        raise SettingsError(
            name="LEADLINE_MODEL",
            reason=f"the {role} role has the endpoint {base_url} but no model",
            mend="Set LEADLINE_MODEL to a model's name there, for example openai:step-3.5-flash.",
        )
    provider, name = _provider(model, base_url)
    secret: SecretStr | None = own.model_api_key if own else None
    if secret is None and (provider, base_url) == (
        _provider(settings.model or model, base_url)[0],
        settings.model_base_url,
    ):
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
        self, settings: Settings, *, tell: Tell = log_tell, patience: Patience | None = None
    ) -> None:
        self._settings = settings
        self._tell = tell
        self._patience = patience or Patience()
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
            open=_once(self._open_embedded),
            gate=Gate(asyncio.Semaphore(N_PARALLEL)),
            provider="llama.cpp",
            host="localhost",
            temperature=self._settings.model_temperature,
            seconds=EMBEDDED_SECONDS,
            embedded=True,
            # llama.cpp constrains by schema for certain; these models call no tools natively
            dialect=Dialect(tools=False, schema_worked=True),
            patience=self._patience,
        )

    def _remote(self, chosen: Chosen) -> Endpoint:
        slots = asyncio.Semaphore(self._settings.calls_at_once)
        return Endpoint(
            name=chosen.model,
            label=chosen.label,
            open=_once(partial(self._open_remote, chosen)),
            gate=self._gates.setdefault(chosen.place, Gate(slots)),
            provider=chosen.provider,
            host=urlsplit(chosen.base_url or "").hostname or "",
            temperature=self._settings.model_temperature,
            price=self._settings.model_price,
            seconds=self._settings.model_timeout,
            dialect=Dialect(schema=chosen.provider == "openai"),
            patience=self._patience,
        )

    async def _open_embedded(self) -> BaseChatModel:
        require_llama()  # before a download that would be for nothing
        weights = await find_weights(self._settings, self._tell)
        server = await self._open.enter_async_context(embedded_server(weights))
        here = Chosen("openai", _EMBEDDED, server.base_url, server.key)
        return await self._open_compatible(here, EMBEDDED_SECONDS)

    async def _open_remote(self, chosen: Chosen) -> BaseChatModel:
        seconds = self._settings.model_timeout
        if chosen.provider == "openai":
            return await self._open_compatible(chosen, seconds)
        return await asyncio.to_thread(_other, chosen, seconds, self._settings.model_temperature)

    async def _open_compatible(self, chosen: Chosen, seconds: float) -> BaseChatModel:
        # certificates take a while to read
        chat = await asyncio.to_thread(_compatible, chosen, seconds)
        self._open.push_async_callback(chat.root_async_client.close)
        return chat


def _once(open: Open) -> Open:
    """What opens a chat model, so that it is opened at the first call alone."""
    opened: list[BaseChatModel] = []
    opening = asyncio.Lock()

    async def first() -> BaseChatModel:
        async with opening:
            if not opened:
                opened.append(await open())
            return opened[0]

    return first


def _compatible(chosen: Chosen, seconds: float) -> CompatibleChat:
    timeout = openai.Timeout(seconds, connect=CONNECT_SECONDS)
    # a proxy of the environment is no way to this machine itself
    here = urlsplit(chosen.base_url or "").hostname in LOOPBACK
    client = openai.DefaultAsyncHttpxClient(
        timeout=timeout, trust_env=not here, event_hooks={"response": [bound_body]}
    )
    # an endpoint of one's own often has no key; the environment's OPENAI_API_KEY is not for it
    key = chosen.key or ("none" if chosen.base_url else None)
    try:
        return CompatibleChat(
            model=chosen.model,
            base_url=chosen.base_url,
            api_key=SecretStr(key) if key else None,
            timeout=timeout,
            max_retries=0,
            use_responses_api=False,
            http_async_client=client,
        )
    except openai.OpenAIError as error:
        raise SettingsError(name="LEADLINE_MODEL_API_KEY", reason=str(error)) from error


def _other(chosen: Chosen, seconds: float, temperature: float) -> BaseChatModel:
    # here, because it is slow to load and few need it
    from langchain.chat_models import init_chat_model

    options: dict[str, Any] = {"timeout": seconds, "max_retries": 0, "temperature": temperature}
    if chosen.key:
        options["api_key"] = chosen.key
    try:
        chat: BaseChatModel = init_chat_model(
            chosen.model, model_provider=chosen.provider, **options
        )
        return chat
    except (ImportError, ValueError) as error:
        raise SettingsError(
            name="LEADLINE_MODEL", reason=f"{chosen.provider}:{chosen.model}: {error}"
        ) from error

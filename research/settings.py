"""The one settings object: read once from the environment (`LEADLINE_*`) and `leadline.toml`, then
handed in.

Not here: defaults of an effort (`efforts.py`), and anything a single request chooses.
"""

import os
from pathlib import Path
from typing import Annotated, Any, Literal, cast, get_args
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from research.domain import Language, Role
from research.errors import SettingsError

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
Names = Annotated[tuple[str, ...], NoDecode]
Strategy = Literal["none", "summary", "keep_last", "discard_all"]
CONTEXT_TOKENS: dict[Language, int] = {"en": 72_000, "zh": 41_000}


def _home(variable: str, fallback: str) -> Path:
    return Path(os.environ.get(variable) or Path.home() / fallback) / "leadline"


class Price(BaseModel):
    """USD for a million tokens."""

    prompt: float
    cached: float
    completion: float


class RoleSettings(BaseModel):
    """What one role may override: `LEADLINE_MODEL__WRITER`, `LEADLINE_MODEL_BASE_URL__WRITER`, …"""

    model: str | None = None
    model_base_url: str | None = None
    model_api_key: SecretStr | None = None
    model_window: int | None = Field(default=None, ge=1)
    context: Strategy | None = None
    context_tokens: int | None = Field(default=None, ge=1)


class Settings(BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix="LEADLINE_",
        env_ignore_empty=True,
        toml_file="leadline.toml",
        extra="forbid",
        protected_namespaces=(),
    )

    data_dir: Path = Field(default_factory=lambda: _home("XDG_DATA_HOME", ".local/share"))
    cache_dir: Path = Field(default_factory=lambda: _home("XDG_CACHE_HOME", ".cache"))
    database_url: str | None = None

    model: str | None = None
    model_base_url: str | None = None
    model_api_key: SecretStr | None = None
    model_weights: Path | None = None
    embedding_weights: Path | None = None
    model_price: Price | None = None
    model_temperature: float = 0.0
    model_timeout: float = 300.0
    model_concurrency: int = Field(default=4, ge=1)
    model_window: int | None = Field(default=None, ge=1)
    context: Strategy = "discard_all"
    context_tokens: int | None = Field(default=None, ge=1)
    roles: dict[Role, RoleSettings] = {}
    local_endpoints: Names = ()

    search: Names = ("searxng", "duckduckgo")
    searxng_url: str | None = None
    search_key: dict[str, SecretStr] = {}
    search_base_url: dict[str, str] = {}
    allow_hosts: Names = ()
    robots: bool = True
    page_cache_days: float = Field(default=7.0, ge=0.0)
    page_timeout: float = Field(default=30.0, gt=0.0)
    search_timeout: float = Field(default=12.0, gt=0.0)

    api_key: SecretStr | None = None
    heartbeat_seconds: float = 3.0
    stale_seconds: float = 15.0
    workers: int = Field(default=2, ge=1)

    @field_validator("local_endpoints", "search", "allow_hosts", mode="before")
    @classmethod
    def _names(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (
            init_settings,
            _Roles(settings_cls),
            _Providers(settings_cls),
            env_settings,
            TomlConfigSettingsSource(settings_cls),
        )

    @property
    def database(self) -> str:
        """The database's URL with its async driver."""
        url = self.database_url or f"sqlite:///{self.data_dir / 'leadline.db'}"
        for plain, driver in (
            ("sqlite:///", "sqlite+aiosqlite:///"),
            ("postgresql://", "postgresql+psycopg://"),
        ):
            if url.startswith(plain):
                return driver + url.removeprefix(plain)
        return url

    def embedded(self, role: Role | None = None) -> bool:
        """Whether the role is played by the model in this process."""
        own = self.roles.get(role) if role else None
        chosen = own and (own.model or own.model_base_url)
        return not (chosen or self.model or self.model_base_url)

    def base_url(self, role: Role) -> str | None:
        own = self.roles.get(role)
        return (own and own.model_base_url) or self.model_base_url

    def context_of(self, role: Role) -> Strategy:
        """What becomes of an agent's history that is too long for its model."""
        own = self.roles.get(role)
        return (own and own.context) or self.context

    def context_threshold(self, role: Role, language: Language) -> int:
        """The tokens from which an agent's history is too long."""
        own = self.roles.get(role)
        return (own and own.context_tokens) or self.context_tokens or CONTEXT_TOKENS[language]

    def window(self, role: Role) -> int | None:
        """The tokens that the model of the role can see at once; None where nobody told. A model of
        its own has a window of its own."""
        own = self.roles.get(role)
        if own and (own.model or own.model_base_url):
            return own.model_window
        return (own and own.model_window) or self.model_window

    def is_local(self, role: Role) -> bool:
        """Whether private text may reach the model of this role: it runs here, or its endpoint is
        named local."""
        if self.embedded(role):
            return True
        host = urlsplit(self.base_url(role) or "").hostname or ""
        return host in LOOPBACK or host in self.local_endpoints


class _Roles(PydanticBaseSettingsSource):
    """Collects `LEADLINE_<SETTING>__<ROLE>` from the environment."""

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        roles: dict[str, dict[str, str]] = {}
        for role in get_args(Role):
            for name in RoleSettings.model_fields:
                value = os.environ.get(f"LEADLINE_{name}__{role}".upper())
                if value:
                    roles.setdefault(role, {})[name] = value
        return {"roles": roles} if roles else {}


class _Providers(PydanticBaseSettingsSource):
    """Collects `LEADLINE_SEARCH_KEY__<PROVIDER>` and `LEADLINE_SEARCH_BASE_URL__<PROVIDER>` from
    the environment."""

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        found: dict[str, dict[str, str]] = {}
        for field in ("search_key", "search_base_url"):
            prefix = f"LEADLINE_{field}__".upper()
            for name, value in os.environ.items():
                if name.startswith(prefix) and value:
                    found.setdefault(field, {})[name.removeprefix(prefix).lower()] = value
        return found


def load_settings(**overrides: Any) -> Settings:
    """Read the settings. Raises `SettingsError` naming the first one that is wrong."""
    try:
        return Settings(**overrides)
    except ValidationError as error:
        first = cast(dict[str, Any], error.errors()[0])
        name = "LEADLINE_" + "__".join(str(part) for part in first["loc"]).upper()
        raise SettingsError(name=name, reason=first["msg"]) from error

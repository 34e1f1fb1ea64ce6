"""The one settings object: read once from the environment (`LEADLINE_*`) and `leadline.toml`, then
handed in.

Not here: defaults of an effort (`efforts.py`), and anything a single request chooses.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from tomllib import TOMLDecodeError
from typing import Annotated, Any, Literal, cast, get_args
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    SecretStr,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)
from pydantic_settings import SettingsError as UnreadableSetting

from research.domain import Language, Role
from research.errors import SettingsError
from research.secrets import redaction
from research.secrets.credentials import (
    FILE,
    refuse_mixed,
    usable_address,
    usable_database,
    usable_key,
    variable,
)

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def _split(value: object) -> object:
    """Names with commas between them, as the environment gives them."""
    if isinstance(value, str):
        return tuple(filter(None, map(str.strip, value.split(","))))
    return value


def _usable_secret(key: SecretStr) -> SecretStr:
    usable_key(key.get_secret_value())
    return key


Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
Key = Annotated[SecretStr, AfterValidator(_usable_secret)]
Address = Annotated[str, AfterValidator(usable_address)]
DatabaseUrl = Annotated[str, AfterValidator(usable_database)]
RateLimit = Annotated[str, StringConstraints(pattern=r"^[1-9]\d{0,8}/(second|minute|hour)$")]
Strategy = Literal["none", "summary", "keep_last", "discard_all"]
LogLevel = Literal["debug", "info", "warning", "error"]
LogFormat = Literal["auto", "json", "text"]
PER_PROVIDER = ("search_key", "search_base_url")
ASYNC_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+psycopg"}
CALLS_A_JOB = 2  # at once: agents work side by side, and wait for one another at times
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

    model_config = ConfigDict(protected_namespaces=(), hide_input_in_errors=True)

    model: str | None = None
    model_base_url: Address | None = None
    model_api_key: Key | None = None
    model_window: PositiveInt | None = None
    context: Strategy | None = None
    context_tokens: PositiveInt | None = None


class Settings(BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix="LEADLINE_",
        env_ignore_empty=True,
        toml_file=FILE,
        extra="forbid",
        hide_input_in_errors=True,
        protected_namespaces=(),
    )

    data_dir: Path = Field(default_factory=lambda: _home("XDG_DATA_HOME", ".local/share"))
    cache_dir: Path = Field(default_factory=lambda: _home("XDG_CACHE_HOME", ".cache"))
    database_url: DatabaseUrl | None = None

    model: str | None = None
    model_base_url: Address | None = None
    model_api_key: Key | None = None
    model_weights: Path | None = None
    embedding_weights: Path | None = None
    model_price: Price | None = None
    model_temperature: float = 0.0
    model_timeout: float = 300.0
    model_concurrency: PositiveInt | None = None
    model_window: PositiveInt | None = None
    context: Strategy = "discard_all"
    context_tokens: PositiveInt | None = None
    roles: dict[Role, RoleSettings] = {}
    local_endpoints: Names = ()

    search: Names = ("searxng", "duckduckgo")
    searxng_url: Address | None = None
    search_key: dict[str, Key] = {}
    search_base_url: dict[str, Address] = {}
    allow_hosts: Names = ()
    robots: bool = True
    page_cache_days: NonNegativeFloat = 7.0
    page_timeout: PositiveFloat = 30.0
    search_timeout: PositiveFloat = 12.0

    api_key: Key | None = None
    oidc_issuer: Address | None = None
    oidc_client_id: str | None = None
    oidc_client_secret: Key | None = None
    oidc_redirect_url: Address | None = None
    oidc_tenant_claim: str | None = None
    oidc_tenants: dict[str, str] = {}
    rate_limit: RateLimit | None = None
    quota_jobs: NonNegativeInt | None = None
    quota_tokens: NonNegativeInt | None = None
    quota_usd: NonNegativeFloat | None = None
    heartbeat_seconds: PositiveFloat = 1.0
    stale_seconds: PositiveFloat = 15.0
    drain_seconds: NonNegativeFloat = 20.0
    retention_days: PositiveFloat | None = None
    workers: PositiveInt = 2
    log_level: LogLevel = "info"
    log_format: LogFormat = "auto"
    metrics_port: int | None = Field(default=None, ge=0, le=65535)
    metrics_host: str = "127.0.0.1"
    jobs_at_once: PositiveInt | None = None
    tenant_jobs_at_once: PositiveInt | None = None

    @model_validator(mode="after")
    def _beats_before_it_is_dead(self) -> "Settings":
        """A worker that is silent for `stale_seconds` counts as dead."""
        if self.heartbeat_seconds >= self.stale_seconds:
            raise ValueError("heartbeat_seconds must be less than stale_seconds")
        return self

    @model_validator(mode="after")
    def _hide_secrets(self) -> "Settings":
        """From here on, no log line, event, error or row tells them."""
        redaction.remember(self.secrets())
        return self

    def secrets(self) -> list[str]:
        """Every secret of the settings, those within addresses too, whichever settings there
        are."""
        found = list(_secrets_in(self.model_dump(exclude={"database_url"})))
        return found + redaction.of_database(self.database_url) if self.database_url else found

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        named = InitSettingsSource(settings_cls, _named())
        return init_settings, named, env_settings, _File(settings_cls)

    @property
    def database(self) -> str:
        """The database's URL with its async driver."""
        url = self.database_url or f"sqlite:///{self.data_dir / 'leadline.db'}"
        scheme, apart, place = url.partition("://")
        return f"{ASYNC_DRIVERS.get(scheme, scheme)}{apart}{place}"

    def embedded(self, role: Role | None = None) -> bool:
        """Whether the role is played by the model in this process."""
        own = self._own(role)
        return not (own.model or own.model_base_url or self.model or self.model_base_url)

    def _own(self, role: Role | None) -> RoleSettings:
        return self.roles.get(role, RoleSettings()) if role else RoleSettings()

    def base_url(self, role: Role) -> str | None:
        return self._own(role).model_base_url or self.model_base_url

    @property
    def calls_at_once(self) -> int:
        """How many calls one endpoint has at once: they follow the jobs that are worked on at once,
        unless they are set."""
        return self.model_concurrency or CALLS_A_JOB * self.workers

    @property
    def one_endpoint(self) -> bool:
        """Whether all roles ask the same endpoint for the same model."""
        asked = {(self.base_url(role), self._own(role).model) for role in get_args(Role)}
        return len(asked) == 1

    def context_of(self, role: Role) -> Strategy:
        """What becomes of an agent's history that is too long for its model."""
        return self._own(role).context or self.context

    def context_threshold(self, role: Role, language: Language) -> int:
        """The tokens from which an agent's history is too long."""
        return self._own(role).context_tokens or self.context_tokens or CONTEXT_TOKENS[language]

    def window(self, role: Role) -> int | None:
        """The tokens that the model of the role can see at once; None where nobody told. A model of
        its own has a window of its own."""
        own = self._own(role)
        if own.model or own.model_base_url:
            return own.model_window
        return own.model_window or self.model_window

    def is_local(self, role: Role) -> bool:
        """Whether private text may reach the model of this role: it runs here, or its endpoint is
        named local."""
        if self.embedded(role):
            return True
        host = urlsplit(self.base_url(role) or "").hostname or ""
        return host in LOOPBACK or host in self.local_endpoints


def _secrets_in(value: object) -> Iterator[str]:
    if isinstance(value, SecretStr):
        yield value.get_secret_value()
    elif isinstance(value, str) and "://" in value:
        yield from redaction.of_address(value)
    elif isinstance(value, dict):
        for one in value.values():
            yield from _secrets_in(one)


def _named() -> dict[str, Any]:
    """What is set for one role or provider in the environment: `LEADLINE_<SETTING>__<ROLE>`,
    `LEADLINE_SEARCH_KEY__<PROVIDER>` and `LEADLINE_SEARCH_BASE_URL__<PROVIDER>`."""
    found: dict[str, dict[str, Any]] = {}
    for given, value in os.environ.items():
        before, _, rest = given.partition("LEADLINE_")
        setting, _, name = rest.lower().partition("__")
        if before or not (name and value):
            continue
        if setting in PER_PROVIDER:
            found.setdefault(setting, {})[name] = value
        elif setting in RoleSettings.model_fields and name in get_args(Role):
            found.setdefault("roles", {}).setdefault(name, {})[setting] = value
    return found


class _File(TomlConfigSettingsSource):
    """`leadline.toml` in the current folder; it stands behind everything else."""

    def __call__(self) -> dict[str, Any]:
        found = super().__call__()
        refuse_mixed(found, self.current_state)
        return found


def load_settings(**overrides: Any) -> Settings:
    """Read the settings. Raises `SettingsError` naming the first one that is wrong, never its
    value: what it is raised from would show that, and is left out."""
    try:
        return Settings(**overrides)
    except ValidationError as error:
        first = cast(dict[str, Any], error.errors(include_input=False)[0])
        reason = str(first["msg"]).removeprefix("Value error, ")
        raise SettingsError(
            name=variable([str(part) for part in first["loc"]]), reason=reason
        ) from None
    except UnreadableSetting as error:
        raise SettingsError(name="LEADLINE_*", reason=str(error)) from None
    except (TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        reason = f"it cannot be read: {error}" if isinstance(error, OSError) else "it is no TOML"
        raise SettingsError(name=FILE, reason=reason) from None

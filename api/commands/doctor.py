"""`leadline doctor`: what works here, what does not, and the command that mends it. Looks only;
changes and downloads nothing.

Not here: whether the web's search engines answer, which only a search can tell.
"""

import asyncio
import importlib.util
import os
import sys
from ctypes.util import find_library
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import httpx
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from agents.models.embedded.llama_server import N_PARALLEL
from agents.models.embedded.weights import DEFAULT
from agents.tools.sandbox import sandbox
from browser.library.embeddings import FILES, MODEL, embedding_folder, missing
from browser.net.render import find_chromium
from research.domain import Role
from research.errors import StoreUnreadable
from research.settings import CALLS_A_JOB, Settings
from research.store.condition.health import Health, health
from research.store.database import Store

_ENDPOINT_SECONDS = 5.0
MOST_SKEW = 2.0  # seconds


@dataclass(frozen=True)
class Finding:
    """One thing looked at. What is not `needed` may be missing: a run is then poorer, not
    impossible."""

    name: str
    works: bool
    detail: str
    mend: str = ""
    needed: bool = True


async def examine(settings: Settings) -> list[Finding]:
    return [
        _python(),
        *await _database(settings),
        *await _models(settings),
        await asyncio.to_thread(_embeddings, settings),
        _chromium(),
        await asyncio.to_thread(_sandbox),
        _search(settings),
        _key(settings),
        _at_once(settings),
    ]


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding("python", sys.version_info >= (3, 11), version, "Install Python 3.11 or newer.")


async def _database(settings: Settings) -> list[Finding]:
    """Where the database is and how it stands. One that is not there yet is made at the first
    start."""
    url = make_url(settings.database)
    told = url.render_as_string(hide_password=True)
    if url.get_backend_name() == "sqlite" and url.database:
        file = Path(url.database)
        if not await asyncio.to_thread(file.exists):
            return [_new_database(told, file)]
    try:
        store = Store(settings.database)
        try:
            found = await health(store)
        finally:
            await store.close()
    except StoreUnreadable as error:
        return [Finding("database", False, str(error), error.mend)]
    except (SQLAlchemyError, OSError, ImportError) as error:
        mend = "Set LEADLINE_DATABASE_URL or LEADLINE_DATA_DIR to what can be written."
        return [Finding("database", False, f"{told}: {error}", mend)]
    findings = [_server(told, found), _schema(found)]
    return findings + ([_connections(found), _clock(found)] if found.allowed else [])


def _new_database(told: str, file: Path) -> Finding:
    """Whether its folder, or the nearest above it that is there, can be written to."""
    folder = next(one for one in file.absolute().parents if one.exists())
    writable = os.access(folder, os.W_OK | os.X_OK)
    mend = "Set LEADLINE_DATA_DIR to a folder that can be written to."
    detail = "not there yet; it is made at the first start"
    if not writable:
        detail = f"not there yet, and {folder} cannot be written to"
    return Finding("database", writable, f"{told}, {detail}", mend)


def _server(told: str, found: Health) -> Finding:
    mend = "Free its disk, or give the user of this process the right to write it and its folder."
    if found.allowed is not None:
        mend = "Name the server that takes writes: this one is a standby, or set to be read only."
    cannot = "" if found.writable else ", cannot be written to"
    return Finding("database", found.writable, f"{told}, {found.server}{cannot}", mend)


def _schema(found: Health) -> Finding:
    if found.is_behind:
        was = f"revision {found.revision}" if found.revision else "none"
        detail = f"{was}; this version needs {found.newest} and brings it there when it starts"
        return Finding("database schema", True, detail)
    if found.revision == found.newest:
        return Finding("database schema", True, f"revision {found.revision}, the newest")
    return Finding(
        "database schema",
        False,
        f"revision {found.revision}, newer than the {found.newest} of this version",
        "Install the version that made it, or restore a backup from before the upgrade.",
    )


def _connections(found: Health) -> Finding:
    """Whether there is room on the server for one more process of ours."""
    free = (found.allowed or 0) - (found.in_use or 0)
    enough = free >= (found.each or 0)
    detail = (
        f"{found.in_use} of {found.allowed} in use; each process may open up to {found.each} more"
    )
    mend = "Raise max_connections of PostgreSQL."
    return Finding("database connections", enough, detail, mend, needed=False)


def _clock(found: Health) -> Finding:
    """Nothing is decided by comparing the clocks of machines, but times are told by them."""
    off = abs(found.skew)
    side = "ahead of" if found.skew > 0 else "behind"
    detail = f"{off:.1f} s {side} the database's"
    mend = "Keep the clocks together by NTP: times in the log, events and reports are off by this."
    return Finding("clock", off < MOST_SKEW, detail, mend, needed=False)


async def _models(settings: Settings) -> list[Finding]:
    """The embedded model if any role uses it, and each endpoint once."""
    roles: tuple[Role, ...] = get_args(Role)
    findings = (
        [await asyncio.to_thread(_embedded, settings)]
        if any(settings.embedded(role) for role in roles)
        else []
    )
    endpoints = {
        settings.base_url(role): role for role in reversed(roles) if not settings.embedded(role)
    }
    for url, role in endpoints.items():
        findings.append(await _endpoint(settings, url, role))
    return findings


def _embedded(settings: Settings) -> Finding:
    if importlib.util.find_spec("xllamacpp") is None:
        return Finding(
            "embedded model", False, "its runtime is not installed", "pip install 'leadline[local]'"
        )
    if sys.platform == "linux" and find_library("gomp") is None:
        return Finding(
            "embedded model",
            False,
            "the system library libgomp1 is missing",
            "apt-get install libgomp1",
        )
    path = settings.model_weights or settings.cache_dir / "models" / DEFAULT.file
    if not path.is_file():
        mend = (
            f"`leadline setup` downloads {DEFAULT.size / 1e6:,.0f} MB; or set "
            f"LEADLINE_MODEL_BASE_URL to use an endpoint."
        )
        return Finding("embedded model", False, f"its weights are not at {path}", mend)
    return Finding("embedded model", True, str(path))


async def _endpoint(settings: Settings, url: str | None, role: Role) -> Finding:
    if url is None:
        return Finding("model", True, f"{settings.model}, the provider's own address; not tried")
    own = settings.roles.get(role)
    key = (own and own.model_api_key) or settings.model_api_key
    headers = {"Authorization": f"Bearer {key.get_secret_value()}"} if key else {}
    mend = "Check LEADLINE_MODEL_BASE_URL and LEADLINE_MODEL_API_KEY, and that the server runs."
    try:
        async with httpx.AsyncClient(timeout=_ENDPOINT_SECONDS, headers=headers) as client:
            response = await client.get(url.rstrip("/") + "/models")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return Finding("model", False, f"{url}: {str(error) or type(error).__name__}", mend)
    refused = response.status_code in (401, 403) or response.status_code >= 500
    return Finding("model", not refused, f"{url} answers {response.status_code}", mend)


def _embeddings(settings: Settings) -> Finding:
    reason = missing(settings)
    if reason:
        detail = f"{reason}; libraries are searched by words and links alone"
        mend = (
            f"`leadline setup` downloads "
            f"{sum(one.packed or one.size for one in FILES) / 1e6:,.0f} MB at most."
        )
        return Finding("embedding model", False, detail, mend, needed=False)
    return Finding(
        "embedding model", True, str(embedding_folder(settings) / MODEL.file), needed=False
    )


def _chromium() -> Finding:
    path = find_chromium()
    return Finding(
        "chromium",
        path is not None,
        path or "not found; pages built by scripts cannot be read",
        "playwright install chromium-headless-shell",
        needed=False,
    )


def _sandbox() -> Finding:
    """Whether programs that a model writes can be run; its name is that of the program that closes
    them in."""
    unready = sandbox.ready()
    if unready:
        return Finding(
            "bubblewrap",
            False,
            f"{unready.reason}; nothing is computed",
            unready.mend,
            needed=False,
        )
    return Finding("bubblewrap", True, "programs run in its sandbox", needed=False)


def _search(settings: Settings) -> Finding:
    names = [name for name in settings.search if name != "searxng" or settings.searxng_url]
    if not names:
        return Finding(
            "web search",
            False,
            "no provider is set",
            "Set LEADLINE_SEARCH=duckduckgo, or LEADLINE_SEARXNG_URL.",
            needed=False,
        )
    mend = (
        ""
        if settings.searxng_url
        else "A SearXNG of your own, named by LEADLINE_SEARXNG_URL, is steadier."
    )
    return Finding("web search", True, ", ".join(names), mend, needed=False)


def _key(settings: Settings) -> Finding:
    detail = "set" if settings.api_key else "not set; `leadline serve` answers this machine only"
    return Finding("LEADLINE_API_KEY", True, detail, needed=False)


def _at_once(settings: Settings) -> Finding:
    """Whether the jobs that are worked on at once get as many calls of their model."""
    jobs = settings.workers
    embedded = settings.embedded("master")
    calls = N_PARALLEL if embedded else settings.calls_at_once
    detail = f"{jobs} jobs, {calls} calls to a model"
    if calls >= jobs:
        return Finding("at once", True, detail, needed=False)
    mend = (
        f"LEADLINE_WORKERS={calls} starts no more than get on; an endpoint takes more calls."
        if embedded
        else f"Set LEADLINE_MODEL_CONCURRENCY to {CALLS_A_JOB * jobs}, or leave it out: it then "
        "follows LEADLINE_WORKERS."
    )
    return Finding("at once", False, f"{detail}: jobs wait for one another", mend, needed=False)

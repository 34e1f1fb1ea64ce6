"""`leadline serve`: the application and its worker in one process under uvicorn, with structured
logs on stderr.

Beyond this machine it serves only with a key. Not here: TLS; put a proxy in front.
"""

import ipaddress
import signal
from collections.abc import Callable
from contextlib import AsyncExitStack

import structlog
import uvicorn

from api.app import create_app
from api.http.server import Server
from api.jobs.queueing import Runner, open_runner
from api.observing.logs import configure_logs, is_for_people
from api.observing.telemetry import tracing
from research.access.keys import any_key
from research.errors import SettingsError
from research.process.garbage import collect_rarely
from research.process.interpreter import switch_often
from research.settings import LOOPBACK, Settings
from research.store.database import Store

GRACE_SECONDS = 5
KEY_LENGTH = 20  # characters, where others can try

_KEY_MEND = (
    "Set LEADLINE_API_KEY to a long random text, such as `openssl rand -hex 32` prints, make keys "
    "with `leadline key create`, or serve on 127.0.0.1."
)


def hosts_for(host: str, settings: Settings, *, keys: bool = False) -> frozenset[str] | None:
    """The names to answer to when bound to `host`, None for any. Raises `SettingsError` when that
    needs a key and there is none, or a short one; `keys` tells that some were made."""
    if is_loopback(host):
        return LOOPBACK | {host.strip("[]").lower()}
    key = settings.api_key.get_secret_value() if settings.api_key else ""
    if not key and not keys:
        raise SettingsError(
            name="LEADLINE_API_KEY",
            reason=f"it must be set to serve on {host}, which others can reach",
            mend=_KEY_MEND,
        )
    if key and len(key) < KEY_LENGTH:
        raise SettingsError(
            name="LEADLINE_API_KEY",
            reason=f"it has fewer than {KEY_LENGTH} characters, too few to serve on {host}, "
            "where others can try keys",
            mend=_KEY_MEND,
        )
    return None


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() in LOOPBACK


async def serve(
    settings: Settings,
    *,
    host: str,
    port: int,
    tell: Callable[[str], None],
    worker: bool | None = None,
) -> None:
    """Serve until told to stop; running jobs are then left to be resumed at the next start. With a
    `worker` it works on jobs too, as it does on SQLite unless told otherwise."""
    configure_logs(settings.log_level, settings.log_format)
    signal.signal(signal.SIGTERM, _stop)
    log = structlog.get_logger("leadline")
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(tracing("leadline-api"))
        store = await stack.enter_async_context(Store.open(settings.database))
        hosts = hosts_for(host, settings, keys=bool(settings.oidc_issuer) or await any_key(store))
        runner: Runner | None = None
        if store.is_sqlite if worker is None else worker:
            opened = open_runner(settings, store, tell=lambda line: log.info(line))
            runner = await stack.enter_async_context(opened)
        app = create_app(settings, store, runner, hosts=hosts)
        config = uvicorn.Config(
            app,
            host=host,
            port=port,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
        named = f"[{host}]" if ":" in host else host
        say = tell if is_for_people(settings.log_format) else log.info
        say(f"Leadline serves on http://{named}:{port} (stop with Ctrl-C)")
        collect_rarely()
        switch_often()
        await Server(config, leave=lambda: app.state.feed.close()).serve()


def _stop(*_: object) -> None:
    """End as after Ctrl-C, closing what is open: uvicorn, when it has stopped, raises the signal
    again, and by default that would be the end at once."""
    raise SystemExit(0)

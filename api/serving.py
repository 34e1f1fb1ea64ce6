"""`leadline serve`: the application and its worker in one process under uvicorn, with structured
logs on stderr.

Beyond this machine it serves only with a key. Not here: TLS; put a proxy in front.
"""

import ipaddress
import signal
from collections.abc import Callable

import structlog
import uvicorn

from api.app import create_app
from api.jobs import open_runner
from api.logs import configure_logs
from api.server import Server
from api.telemetry import tracing
from research.errors import SettingsError
from research.garbage import collect_rarely
from research.settings import LOOPBACK, Settings
from research.store.database import Store

GRACE_SECONDS = 5


def hosts_for(host: str, settings: Settings) -> frozenset[str] | None:
    """The names to answer to when bound to `host`, None for any. Raises `SettingsError` when that
    needs a key and there is none."""
    if is_loopback(host):
        return LOOPBACK | {host.strip("[]").lower()}
    if settings.api_key is None or not settings.api_key.get_secret_value():
        raise SettingsError(
            name="LEADLINE_API_KEY",
            reason=f"it must be set to serve on {host}, which others can reach",
            mend="Set LEADLINE_API_KEY to a long random text, or serve on 127.0.0.1.",
        )
    return None


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() in LOOPBACK


async def serve(settings: Settings, *, host: str, port: int, tell: Callable[[str], None]) -> None:
    """Serve until told to stop; running jobs are then left to be resumed at the next start."""
    hosts = hosts_for(host, settings)
    configure_logs(settings.log_level, settings.log_format)
    signal.signal(signal.SIGTERM, _stop)
    log = structlog.get_logger("leadline")
    async with (
        tracing("leadline-api"),
        Store.open(settings.database) as store,
        open_runner(settings, store, tell=lambda line: log.info(line)) as runner,
    ):
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
        tell(f"Leadline serves on http://{named}:{port} (stop with Ctrl-C)")
        collect_rarely()
        await Server(config, leave=lambda: app.state.feed.close()).serve()


def _stop(*_: object) -> None:
    """End as after Ctrl-C, closing what is open: uvicorn, when it has stopped, raises the signal
    again, and by default that would be the end at once."""
    raise SystemExit(0)

"""How every connection to PostgreSQL is made, whoever holds it: a server that went without a word,
as when a machine or a network between dies, is noticed after half a minute.

What the URL itself says about it comes first. The bounds are for TCP; a socket of the machine has
no need of them."""

from typing import Any

from psycopg.conninfo import make_conninfo
from sqlalchemy.engine import URL, make_url

BOUNDS = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 4,
    "tcp_user_timeout": 30_000,  # milliseconds that what was sent may stay unacknowledged
}


def bounds(url: str | URL) -> dict[str, Any]:
    """The bounds that the URL does not set itself."""
    return {name: bound for name, bound in BOUNDS.items() if name not in make_url(url).query}


def conninfo(url: str | URL) -> str:
    """What psycopg connects to; the URL is SQLAlchemy's."""
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    return make_conninfo(plain, **bounds(url))

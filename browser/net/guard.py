"""The SSRF guard: which addresses may be connected to.

A host is resolved once, every address it has is judged, and the connection goes to a judged address
(`transport.py`, `egress.py`), so that a name cannot resolve differently between check and use.
Hosts the operator opens (`LEADLINE_ALLOW_HOSTS`) are exempt.

Not covered: what a public server itself fetches on a page's behalf; search providers, whose
addresses the operator sets.
"""

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable, Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from research.errors import ReadingError

Address = IPv4Address | IPv6Address
Resolver = Callable[[str, int], Awaitable[list[str]]]

# The IANA special-purpose registries as of 2025, and two provider metadata addresses that lie in
# public space.
_REFUSED_V4 = {
    IPv4Network("0.0.0.0/8"): "this network",
    IPv4Network("10.0.0.0/8"): "private",
    IPv4Network("100.64.0.0/10"): "carrier-grade NAT",
    IPv4Network("127.0.0.0/8"): "loopback",
    IPv4Network("168.63.129.16/32"): "cloud metadata",
    IPv4Network("169.254.0.0/16"): "link-local or cloud metadata",
    IPv4Network("172.16.0.0/12"): "private",
    IPv4Network("192.0.0.0/24"): "protocol assignments",
    IPv4Network("192.0.2.0/24"): "documentation",
    IPv4Network("192.31.196.0/24"): "AS112",
    IPv4Network("192.52.193.0/24"): "AMT",
    IPv4Network("192.88.99.0/24"): "6to4 relay",
    IPv4Network("192.168.0.0/16"): "private",
    IPv4Network("192.175.48.0/24"): "AS112",
    IPv4Network("198.18.0.0/15"): "benchmarking",
    IPv4Network("198.51.100.0/24"): "documentation",
    IPv4Network("203.0.113.0/24"): "documentation",
    IPv4Network("224.0.0.0/4"): "multicast",
    IPv4Network("240.0.0.0/4"): "reserved",
}
# IPv6 the other way round: only global unicast is open, less what is carved out of it.
_GLOBAL_V6 = IPv6Network("2000::/3")
_REFUSED_V6 = {
    IPv6Network("2001::/32"): "Teredo",
    IPv6Network("2001::/23"): "protocol assignments",
    IPv6Network("2001:db8::/32"): "documentation",
    IPv6Network("2002::/16"): "6to4",
    IPv6Network("3fff::/20"): "documentation",
}
_NAT64 = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
_ISATAP = (0x00005EFE, 0x02005EFE)


# Names that only ever mean something inside: RFC 6761, 6762, 7686, 8375, 9476, and the private-use
# .internal.
_INSIDE = re.compile(
    r"(?:^|\.)(?:localhost|local|internal|home\.arpa|onion|alt|invalid|localdomain)$"
)


def refusal(address: Address) -> str | None:
    """Why the address may not be connected to; None if it may. An IPv4-mapped address is judged as
    the IPv4 address it reaches."""
    if isinstance(address, IPv4Address):
        return next((why for network, why in _REFUSED_V4.items() if address in network), None)
    if address.ipv4_mapped:
        return refusal(address.ipv4_mapped)
    if address not in _GLOBAL_V6:
        return "NAT64" if any(address in network for network in _NAT64) else "not global unicast"
    if (int(address) >> 32) & 0xFFFFFFFF in _ISATAP:
        return "ISATAP"
    return next((why for network, why in _REFUSED_V6.items() if address in network), None)


@lru_cache(maxsize=4096)
def literal(host: str) -> Address | None:
    """The address a host spells, in any form the system would accept (decimal, octal, hexadecimal,
    short); None for a name."""
    try:
        return ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        pass
    try:
        return (
            IPv4Address(socket.inet_aton(host))
            if host and not host.isspace() and " " not in host
            else None
        )
    except (OSError, UnicodeEncodeError):
        return None


def normal_host(host: str) -> str:
    return host.strip().strip("[]").rstrip(".").lower()


async def resolve(host: str, port: int) -> list[str]:
    """All addresses of a name, by the system's resolver."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Guard:
    """Judges URLs and hosts. `allow_hosts` are `host` or `host:port`."""

    def __init__(self, allow_hosts: Iterable[str] = (), *, resolver: Resolver = resolve) -> None:
        self._allowed = {_allowed_name(name) for name in allow_hosts}
        self._resolver = resolver

    def allows(self, host: str, port: int) -> bool:
        """Whether the operator opened this host."""
        name = normal_host(host)
        return (name, None) in self._allowed or (name, port) in self._allowed

    def check_url(self, url: str) -> None:
        """Refuse what needs no resolving: other schemes, no host, a literal address. Raises
        `ReadingError`."""
        try:
            parts = urlsplit(url)
            host, port = (
                parts.hostname or "",
                parts.port or (443 if parts.scheme == "https" else 80),
            )
        except ValueError as error:
            raise ReadingError(
                url=url, kind="forbidden_address", reason="not a valid URL"
            ) from error
        if parts.scheme not in ("http", "https"):
            raise ReadingError(
                url=url, kind="forbidden_address", reason="only http and https are read"
            )
        if not host:
            raise ReadingError(url=url, kind="forbidden_address", reason="the URL names no host")
        address = literal(host)
        if self.allows(host, port):
            return
        if address:
            self._judge(url, [address])
        elif _INSIDE.search(normal_host(host)):
            raise ReadingError(
                url=url, kind="forbidden_address", reason="its name is one of a private network"
            )

    async def addresses(self, host: str, port: int) -> list[str]:
        """Resolve a host once; every address it has must be open. Raises `ReadingError`."""
        where = f"{host}:{port}"
        spelled = literal(host)
        if not spelled and not self.allows(host, port) and _INSIDE.search(normal_host(host)):
            raise ReadingError(
                url=where, kind="forbidden_address", reason="its name is one of a private network"
            )
        if spelled:
            found = [str(spelled)]
        else:
            try:
                found = await self._resolver(normal_host(host), port)
            except (OSError, UnicodeError) as error:
                raise ReadingError(
                    url=where, kind="unreachable", reason="the host name does not resolve"
                ) from error
        if not found:
            raise ReadingError(url=where, kind="unreachable", reason="the host name has no address")
        if not self.allows(host, port):
            self._judge(where, [ip_address(address.partition("%")[0]) for address in found])
        return found

    def _judge(self, url: str, addresses: list[Address]) -> None:
        for address in addresses:
            why = refusal(address)
            if why:
                # The address itself stays out of the message: what an internal name resolves to is
                # nobody's business.
                raise ReadingError(
                    url=url, kind="forbidden_address", reason=f"its address is not public ({why})"
                )


def _allowed_name(name: str) -> tuple[str, int | None]:
    bare = name.strip()
    if bare.count(":") > 1 and not bare.startswith("["):
        return normal_host(bare), None
    host, colon, port = bare.rpartition(":")
    if colon and port.isdigit():
        return normal_host(host), int(port)
    return normal_host(bare), None

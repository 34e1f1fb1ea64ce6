"""How often somebody may try a key at the sign-in: a few times a minute from one place.

Counted in this process alone; behind a proxy that does not say whom it speaks for, all who come
through it are one place. Not here: keys sent with requests, which are too long to be guessed.
"""

import ipaddress
import time
from collections import OrderedDict

from research.errors import TooManyAttempts

FAILURES = 10
SECONDS = 60.0
PLACES = 10_000  # the oldest are forgotten


class Attempts:
    def __init__(self, *, failures: int = FAILURES, seconds: float = SECONDS) -> None:
        self._failures = failures
        self._seconds = seconds
        self._places: OrderedDict[str, list[float]] = OrderedDict()

    def check(self, address: str | None) -> None:
        """Raises `TooManyAttempts` for a place that has failed too often, whatever it sends now."""
        failed = self._recent(_place(address))
        if len(failed) >= self._failures:
            wait = max(1, round(failed[0] + self._seconds - time.monotonic()))
            raise TooManyAttempts(wait=wait)

    def failed(self, address: str | None) -> None:
        place = _place(address)
        failed = self._recent(place)
        self._places[place] = [*failed, time.monotonic()]
        self._places.move_to_end(place)
        while len(self._places) > PLACES:
            self._places.popitem(last=False)

    def _recent(self, place: str) -> list[float]:
        since = time.monotonic() - self._seconds
        return [at for at in self._places.get(place, ()) if at > since]


def _place(address: str | None) -> str:
    """The address; of IPv6 the network, of which one customer has all addresses. A socket for both
    tells IPv4 addresses as IPv6 ones (`::ffff:192.0.2.1`): each is a place of its own."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return ""
    if isinstance(parsed, ipaddress.IPv6Address):
        return _place_of_ipv6(parsed)
    return str(parsed)


def _place_of_ipv6(address: ipaddress.IPv6Address) -> str:
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, 64), strict=False))

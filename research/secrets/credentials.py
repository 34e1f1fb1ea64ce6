"""What a key and the address it is sent to may look like, and that both come from one place.

The reasons given never hold the value. Not here: which settings these are (`settings.py`).
"""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from research.errors import SettingsError

KEY_LIMIT = 4_096
ADDRESS_LIMIT = 2_048
FILE = "leadline.toml"
# The settings of addresses, and those of the keys that are sent there.
_KEYS = {"model_base_url": "model_api_key", "search_base_url": "search_key"}


def usable_key(key: str) -> str:
    """A key that fits into an HTTP header. Raises `ValueError`."""
    if key != key.strip():
        raise ValueError(
            "it begins or ends with white space or the end of a line, as what a file holds may"
        )
    strange = next((at for at, char in enumerate(key, 1) if not " " <= char <= "~"), None)
    if strange is not None:
        raise ValueError(
            f"its character {strange} is none that a header can carry: keys are plain ASCII"
        )
    if len(key) > KEY_LIMIT:
        raise ValueError(f"it has more than {KEY_LIMIT:,} characters")
    return key


def usable_address(url: str) -> str:
    """The address of an HTTP service. Raises `ValueError`."""
    if len(url) > ADDRESS_LIMIT or not all("!" <= char <= "~" for char in url):
        raise ValueError(
            f"an address is plain ASCII without white space, at most {ADDRESS_LIMIT:,} characters"
        )
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise ValueError("it is no address such as http://127.0.0.1:8000/v1")
    return url


def usable_database(url: str) -> str:
    """The address of a database. Raises `ValueError`."""
    try:
        make_url(url)
    except (ArgumentError, ValueError) as error:
        raise ValueError(
            "it is no address such as sqlite:////var/lib/leadline/leadline.db"
        ) from error
    return url


def refuse_mixed(file: Mapping[str, Any], before: Mapping[str, Any]) -> None:
    """Refuse a file that names the address to which a key set elsewhere would be sent: whoever
    writes a folder's file would be handed the key. `before` is what stands before the file.

    Raises `SettingsError`.
    """
    given, told = _by_place(file), _by_place(before)
    for address in given:
        key = tuple(_KEYS.get(name, name) for name in address)
        if key != address and address not in told and key in told:
            raise SettingsError(
                name=variable(address),
                reason=f"{FILE} in this folder sets it, and {variable(key)}, which would be sent "
                "there, is set in the environment",
                mend=f"Set both in the environment, or both in {FILE}.",
            )


def _by_place(data: Any, *place: str) -> dict[tuple[str, ...], Any]:
    """Each value that is set by the names that lead to it."""
    if not isinstance(data, Mapping):
        return {place: data} if data else {}
    found: dict[tuple[str, ...], Any] = {}
    for name, within in data.items():
        found |= _by_place(within, *place, name)
    return found


def variable(place: Sequence[str]) -> str:
    """The variable that sets it: `roles.writer.model` is `LEADLINE_MODEL__WRITER`."""
    if len(place) > 2 and place[0] == "roles":
        place = [place[2], place[1], *place[3:]]
    return "LEADLINE_" + "__".join(place).upper()

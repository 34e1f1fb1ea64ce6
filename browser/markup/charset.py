"""From bytes to text: which character set a page really has. Pure.

UTF-8 that decodes is UTF-8 whatever the server says (it is almost never an accident); then the declaration, then a
guess.
"""

import codecs
import re

from charset_normalizer import from_bytes

_META = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([a-zA-Z0-9_:.-]{2,40})""", re.IGNORECASE)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# What browsers read under these names: the larger set that contains the named one.
_WIDER = {"gb2312": "gb18030", "gbk": "gb18030", "iso8859-1": "cp1252", "latin-1": "cp1252", "ascii": "cp1252"}
_GUESS_BYTES = 20_000


def decode_text(raw: bytes, declared: str | None = None) -> str:
    """The text of the bytes. Never fails: what no character set explains becomes replacement characters."""
    for mark, name in _BOMS:
        if raw.startswith(mark):
            return raw.decode(name, errors="replace")
    found = _META.search(raw[:4096])
    for candidate in ("utf-8", declared, found.group(1).decode("ascii") if found else None):
        text = _decoded(raw, candidate)
        if text is not None:
            return text
    guess = from_bytes(raw[:_GUESS_BYTES]).best()
    return raw.decode(guess.encoding if guess else "cp1252", errors="replace")


def _decoded(raw: bytes, name: str | None) -> str | None:
    """The text in the named character set; None if it is another, unknown, or none at all (base64, zip)."""
    if not name:
        return None
    try:
        return raw.decode(_codec(name))
    except (UnicodeError, LookupError):
        return None


def _codec(name: str) -> str:
    """Raises `LookupError`."""
    found = codecs.lookup(name.strip().strip("\"'")).name
    return _WIDER.get(found, found)

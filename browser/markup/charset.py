"""From bytes to text: which character set a document really has, decided as a browser does. Pure.

In this order: a byte order mark; UTF-8 where the bytes are UTF-8 (that is almost never an
accident); what the transport declares; what the document declares (`declared_in`); statistics. A
byte that does not fit costs one character. A declaration is dropped only where it explains less
than half of what is not ASCII.

Labels and their aliases are those of the Encoding Standard (https://encoding.spec.whatwg.org).
"""

import codecs
import re
from collections.abc import Iterator

import webencodings
from chardet import EncodingEra, detect

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Python's codecs for the standard's encodings, where the codec of that name knows fewer characters.
_CODECS = {
    "gbk": "gb18030",
    "big5": "big5hkscs",
    "shift_jis": "cp932",
    "euc-kr": "cp949",
    "iso-2022-jp": "iso2022_jp_ext",
}
_SEVEN_BIT = {"hz-gb-2312": "hz", "iso-2022-kr": "iso2022_kr"}  # no browser reads these any more
_WESTERN = "cp1252"
_LATIN = ("windows-1252", "windows-1250", "windows-1254", "windows-1257", "windows-1258")
_SURE = 0.1  # of the statistics, about which Latin alphabet it is
_GUESS_BYTES = 20_000
_PRESCAN = 1_000_000  # bytes within which a declaration is looked for
_WIDE_SAMPLE = 2_000
MISFIT = 0.5  # the share of what is not ASCII from which on a declaration is wrong
NEARLY = 0.1  # the same below which bytes are UTF-8 with mistakes

_COMMENT_OR_TAG = re.compile(
    rb"<!--(?:.*?-->|.*)"
    rb"|<(?P<raw>script|style|title|textarea)\b[^>]*+(?:>(?:.*?</(?P=raw)|.*))?"
    rb"|<meta(?P<attributes>[\s/](?:[^>\"']++|\"[^\"]*+\"|'[^']*+')*+)>?",
    re.IGNORECASE | re.DOTALL,
)
_ATTRIBUTE = re.compile(
    rb"(?P<name>[^\s=>\"'/]+)(?:\s*=\s*(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)'|(?P<bare>[^\s>]+)))?"
)
_IN_CONTENT = re.compile(rb"charset\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s;\"']+))", re.IGNORECASE)
_XML = re.compile(rb"\A\s*<\?xml[^>]*?\sencoding\s*=\s*[\"']\s*([A-Za-z0-9._:-]+)", re.IGNORECASE)
_JAPANESE_SHIFT = re.compile(rb"\x1b\$[@B]")
_SHIFT = re.compile(rb"\x1b[$(]|~\{|\x0e")
_WORDS = re.compile(rb"[^\x00-\x1f<>]++")  # of a line, outside and inside of tags
_RUNS = re.compile(rb"[\x80-\xff]{2,}")
_HIGH = bytes(range(0x80, 0x100))
_CONTROLS = bytes(code for code in range(0x20) if chr(code) not in "\t\n\r")


def decode_text(raw: bytes, declared: str | None = None) -> str:
    """The text of the bytes. `declared` is the transport's label. Never fails: a byte that no
    character set explains becomes a replacement character."""
    for mark, name in _BOMS:
        if raw.startswith(mark):
            return raw.decode(name, errors="replace")
    if wide := wide_codec(raw):
        return raw.decode(wide, errors="replace")
    utf8, misfit = _decoded(raw, "utf-8")
    if misfit < NEARLY and not (raw.isascii() and _SHIFT.search(raw)):
        return utf8
    labels = (declared, declared_in(raw))
    if misfit < NEARLY:
        return _seven_bit(raw, labels) or utf8
    for label in (*labels, "utf-8"):
        if codec := codec_of(label):
            text, misfit = _decoded(raw, codec)
            if misfit <= MISFIT:
                return text
    return raw.decode(_guess(raw), errors="replace")


def xml_bytes(text: str) -> bytes:
    """The text in UTF-8, without the characters that XML may not hold and lxml refuses."""
    raw = text.encode("utf-8", errors="ignore").translate(None, _CONTROLS)
    return raw.replace(b"\xef\xbf\xbe", b"").replace(b"\xef\xbf\xbf", b"")


def wide_codec(raw: bytes) -> str | None:
    """UTF-16 without a byte order mark, known by Latin letters whose other half is zero."""
    sample = raw[:_WIDE_SAMPLE]
    low, high = sample[::2], sample[1::2]
    if len(high) > 2 and high.count(0) > 0.6 * len(high) and not low.count(0):
        return "utf-16-le"
    if len(low) > 2 and low.count(0) > 0.6 * len(low) and not high.count(0):
        return "utf-16-be"
    return None


def codec_of(label: str | None) -> str | None:
    """Python's codec for a label of the Encoding Standard; None for what is no label."""
    name = (label or "").strip(" \t\r\n\f\"';,").lower()
    if name in _SEVEN_BIT:
        return _SEVEN_BIT[name]
    encoding = webencodings.lookup(name)
    if encoding is None:
        return None
    if encoding.name == "x-user-defined":
        return "cp1252"
    return _CODECS.get(encoding.name) or str(encoding.codec_info.name)


def declared_in(raw: bytes) -> str | None:
    """The label that an XML declaration or the first `meta` element gives: the standard's prescan,
    which here goes on beyond the first 1,024 bytes and passes over comments and scripts."""
    head = raw[:_PRESCAN]
    if found := _XML.match(head):
        return _meant(found[1])
    for tag in _COMMENT_OR_TAG.finditer(head):
        if tag["attributes"] is None:
            continue
        if (label := _meta_label(tag["attributes"])) and codec_of(meant := _meant(label)):
            return meant
    return None


def _meta_label(attributes: bytes) -> bytes | None:
    """The label of one `meta` element: of its `charset`, or of its `content` where it stands for a
    header."""
    values = dict(reversed(list(_attributes(attributes))))
    if b"charset" in values:
        return values[b"charset"]
    if values.get(b"http-equiv", b"").strip().lower() != b"content-type":
        return None
    found = _IN_CONTENT.search(values.get(b"content", b""))
    return (found[1] or found[2] or found[3]) if found else None


def _attributes(text: bytes) -> Iterator[tuple[bytes, bytes]]:
    for found in _ATTRIBUTE.finditer(text):
        yield found["name"].lower(), found["double"] or found["single"] or found["bare"] or b""


def _meant(label: bytes) -> str:
    """A declaration that could be read as ASCII is not in UTF-16, whatever it says."""
    text = label.decode("ascii", errors="replace")
    return "utf-8" if (codec_of(text) or "").startswith("utf-16") else text


def _decoded(raw: bytes, codec: str) -> tuple[str, float]:
    """The text, and which share of what is not ASCII in it does not fit the codec."""
    try:
        return raw.decode(codec), 0.0
    except UnicodeError:
        text = raw.decode(codec, errors="replace")
    bad = text.count("\ufffd") - (raw.count(b"\xef\xbf\xbd") if codec == "utf-8" else 0)
    foreign = len(text) - len(text.encode("ascii", errors="ignore"))
    return text, bad / max(foreign, 1)


def _seven_bit(raw: bytes, labels: tuple[str | None, ...]) -> str | None:
    """What is ASCII to the eye and another character set by its escapes."""
    codecs_meant = {codec_of(label) for label in labels}
    if _JAPANESE_SHIFT.search(raw):
        return raw.decode("iso2022_jp_ext", errors="replace")
    found = next((codec for codec in _SEVEN_BIT.values() if codec in codecs_meant), None)
    return raw.decode(found, errors="replace") if found else None


def _guess(raw: bytes) -> str:
    """The likeliest of the encodings in use on the web. Statistics see only the lines that are not
    ASCII, so that scripts and tags do not hide the words."""
    sample = bytearray()
    for found in _WORDS.finditer(raw):
        if found[0].isascii():
            continue
        sample += found[0] + b"\n"
        if len(sample) > _GUESS_BYTES:
            break
    seen = bytes(sample[:_GUESS_BYTES])
    latin = _is_latin(seen)
    only = _LATIN if latin else None
    best = detect(seen, encoding_era=EncodingEra.MODERN_WEB, include_encodings=only)
    if best["encoding"] is None or (latin and best["confidence"] < _SURE):
        return _WESTERN
    return codec_of(best["encoding"]) or best["encoding"]


def _is_latin(sample: bytes) -> bool:
    """Whether what is not ASCII stands singly, as accented letters among plain ones do."""
    high = len(sample) - len(sample.translate(None, _HIGH))
    in_runs = sum(map(len, _RUNS.findall(sample)))
    return in_runs < 0.3 * high

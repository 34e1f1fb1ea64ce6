"""Mails and saved web pages (MHTML): the header's facts, the texts in their order, attachments read
or named.

Of alternatives the HTML is read where it says something, else the text. What is damaged is read as
far as it goes, with a note. Not here: Outlook's own format.
"""

import binascii
import re
from codecs import BOM_UTF8
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import parsedate_to_datetime
from html import escape

from browser.documents.parts import Facts, Part
from browser.html.extract import WholeHtml, read_whole
from browser.markup.charset import decode_text
from browser.markup.plain import parts_of_plain
from research.domain import ReadingNote
from research.errors import ReadingError

Inner = Callable[[bytes, str, str, str | None], WholeHtml]  # bytes, name, media type, character set

# what the standard library raises for headers and bodies that no program should have sent
_BAD_MAIL = (ValueError, LookupError, AttributeError, TypeError)
_FIELDS = ("From", "To", "Cc", "Date")
_ENVELOPE = re.compile(rb"\A(?:\s*\n|From [^\n]*\n|>?[^\n:]*\n(?=[A-Za-z-]+:))+")
_SAVED_BY = re.compile(r"\bsaved by\b", re.IGNORECASE)  # what browsers write for themselves
_BETWEEN = re.compile(rb"^From [^\n]*\d{4}[^\n]*\n(?=[A-Za-z-]+:)", re.MULTILINE)
_FLOWED_SPACE = re.compile(r"(?<=\S) \n(?!-- )")
_MAX_PARTS = 200
_DEEPEST = 10  # mails within mails, and groups of parts within groups
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")
# the share of other characters from which on a text is no base64, whatever it is said to be
_MISFIT = 0.1
_BEGINS_PART = re.compile(rb"^--(?P<boundary>\S+)[^\S\n]*\r?\n(?=[A-Za-z-]+:)", re.MULTILINE)


def read_mail(raw: bytes, url: str, inner: Inner) -> WholeHtml:
    """A mail or a saved page. `inner` reads what is attached. Raises `ReadingError`: `broken`."""
    try:
        message = BytesParser(policy=policy.default).parsebytes(
            _ENVELOPE.sub(b"", raw.removeprefix(BOM_UTF8), count=1)
        )
        return _read(message, inner, 0)
    except _BAD_MAIL as error:
        raise ReadingError(url=url, kind="broken", reason="not a readable mail") from error


def read_mailbox(raw: bytes, url: str, inner: Inner) -> WholeHtml:
    """All mails of a file in the format mbox, with a note of those that cannot be read."""
    mails = [one for one in _BETWEEN.split(raw) if one.strip()]
    parts: list[Part] = []
    notes: list[ReadingNote] = []
    for one in mails[:_MAX_PARTS]:
        try:
            found = read_mail(one, url, inner)
        except ReadingError:
            notes.append(ReadingNote(kind="parts_unread"))
            continue
        parts.extend(found.parts)
        notes.extend(found.notes)
    if len(mails) > _MAX_PARTS:
        notes.append(ReadingNote(kind="parts_cut"))
    return WholeHtml(tuple(parts), Facts(), tuple(notes))


def _read(message: EmailMessage, inner: Inner, depth: int) -> WholeHtml:
    facts = _facts(message)
    saved = "Snapshot-Content-Location" in message or bool(_SAVED_BY.search(_line(message, "From")))
    parts: list[Part] = []
    notes: list[ReadingNote] = []
    if not saved:
        if facts.title:
            parts.append(Part(facts.title, "heading", min(depth + 1, 6)))
        parts.extend(_header(message))
    told = _told(message, 0)
    first = next((part for part in told if part.get_content_maintype() == "text"), None)
    for number, part in enumerate(told[:_MAX_PARTS]):
        if number and saved and part.get_content_type() != "text/html":
            continue
        found = _text_of(part) if part is first else _attached(part, inner, depth, own=saved)
        parts.extend(found.parts)
        notes.extend(found.notes)
        if saved and part is first:
            facts = replace(found.facts, title=found.facts.title or facts.title)
    if len(told) > _MAX_PARTS:
        notes.append(ReadingNote(kind="parts_cut"))
    return WholeHtml(tuple(parts), facts, tuple(notes))


def _facts(message: EmailMessage) -> Facts:
    sent = _line(message, "Date")
    try:
        published = parsedate_to_datetime(sent).date().isoformat() if sent else None
    except (ValueError, TypeError, IndexError):
        published = None
    return Facts(
        title=_line(message, "Subject"),
        author=_line(message, "From") or None,
        published_at=published,
    )


def _line(message: EmailMessage, name: str) -> str:
    """A field of the header as one line; raw bytes in it, as old programs send them, are decoded,
    and what is malformed is told as it is written."""
    raw = next(
        (str(value) for key, value in message.raw_items() if key.lower() == name.lower()), ""
    )
    if any("\udc80" <= char <= "\udcff" for char in raw):
        text = decode_text(raw.encode("utf-8", "surrogateescape"))
    else:
        text = _parsed(message, name) or raw
    return " ".join(text.split())


def _parsed(message: EmailMessage, name: str) -> str:
    """A field as the standard library reads it, '' where it cannot."""
    try:
        value = message.get(name, "")
        addresses = getattr(value, "addresses", None)
    except _BAD_MAIL:
        return ""
    return ", ".join(map(_address, addresses)) if addresses else str(value)


def _address(address: Address) -> str:
    return (
        f"{address.display_name} <{address.addr_spec}>"
        if address.display_name
        else address.addr_spec
    )


def _header(message: EmailMessage) -> Iterator[Part]:
    said = [(name, _line(message, name)) for name in _FIELDS]
    text = "; ".join(f"{name}: {value}" for name, value in said if value)
    if text:
        yield Part(text + ("" if text.endswith(".") else "."), "row")


def _told(part: EmailMessage, depth: int) -> list[EmailMessage]:
    """The parts that hold no others, in their order; of alternatives the one that is read. An
    attached mail is one part."""
    if part.get_content_maintype() != "multipart":
        return [part]
    if not part.is_multipart():
        part = _parted(part)
        return _told(part, depth + 1) if part.is_multipart() else [part]
    if depth > _DEEPEST:
        return [part]
    inside = [_told(one, depth + 1) for one in part.iter_parts() if isinstance(one, EmailMessage)]
    if part.get_content_type() == "multipart/alternative" and inside:
        return max(inside, key=_rank)
    return [one for told in inside for one in told]


def _rank(told: Sequence[EmailMessage]) -> int:
    """HTML that says something before other texts that do."""
    some = told[:_MAX_PARTS]
    saying = [
        one.get_content_type()
        for one in some
        if one.get_content_maintype() == "text" and _text_of(one).parts
    ]
    return 2 if "text/html" in saying else len(saying[:1])


def _parted(part: EmailMessage) -> EmailMessage:
    """What is said to hold parts and has none at the boundary that it names: parted at the first
    line that can be one, else a text."""
    payload = part.get_payload(decode=True)
    raw = payload if isinstance(payload, bytes) else b""
    found = _BEGINS_PART.search(raw)
    kind = (
        b'multipart/mixed; boundary="%s"' % found["boundary"].replace(b'"', b"")
        if found
        else b"text/plain"
    )
    return BytesParser(policy=policy.default).parsebytes(b"Content-Type: " + kind + b"\n\n" + raw)


def _text_of(part: EmailMessage) -> WholeHtml:
    """What a part of text says. A character set that is not named rightly is found as in any
    document."""
    raw, notes = _payload(part)
    charset = part.get_content_charset()
    text = decode_text(raw, None if charset in (None, "us-ascii") else charset)
    if part.get_content_type() == "text/html":
        found = read_whole(text)
        return replace(found, notes=(*found.notes, *notes))
    if part.get_param("format") == "flowed":
        text = _FLOWED_SPACE.sub(" ", text.replace("\r\n", "\n"))
    return WholeHtml(tuple(parts_of_plain(text)), Facts(), notes)


def _payload(part: EmailMessage) -> tuple[bytes, tuple[ReadingNote, ...]]:
    """The bytes of a part. Damaged base64 is decoded as far as it goes, with a note."""
    if (
        str(part.get("Content-Transfer-Encoding", "")).strip().lower() != "base64"
        or part.is_multipart()
    ):
        payload = part.get_payload(decode=True)
        return (payload if isinstance(payload, bytes) else b""), ()
    written = str(part.get_payload()).encode("ascii", "replace")
    body = written.rstrip().rstrip(b"=")
    good = _NOT_BASE64.sub(b"", body)
    misfits = len(b"".join(body.splitlines())) - len(good)
    if misfits > _MISFIT * len(body):
        return written, ()
    damaged = misfits > 0 or len(good) % 4 == 1
    good = good[: len(good) - (len(good) % 4 == 1)]
    raw = binascii.a2b_base64(good + b"=" * (-len(good) % 4))
    return raw, (ReadingNote(kind="bytes_lost"),) if damaged else ()


def _attached(part: EmailMessage, inner: Inner, depth: int, *, own: bool) -> WholeHtml:
    """What is attached under its name, or a note that it is there. `own`: a frame of a saved
    page."""
    name = part.get_filename() or ""
    kind = part.get_content_type()
    if kind.endswith("-signature"):
        return WholeHtml((), Facts())
    if kind.startswith("image/"):
        return WholeHtml((), Facts(), (ReadingNote(kind="pictures"),))
    raw, damaged = _payload(part)
    if (kind == "message/rfc822" or name.lower().endswith(".eml")) and depth < _DEEPEST:
        inside = (
            part.get_payload(0)
            if part.is_multipart()
            else BytesParser(policy=policy.default).parsebytes(raw)
        )
        if isinstance(inside, EmailMessage):
            return _read(inside, inner, depth + 1)
    if not name and kind in ("text/plain", "text/html"):
        return _text_of(part)  # a text that goes on after an attachment
    try:
        found = inner(raw, name, kind, part.get_content_charset())
    except ReadingError:
        return WholeHtml(
            (),
            Facts(),
            (ReadingNote(kind="attachments", detail=escape(name or kind, quote=False)),),
        )
    heading = [Part(name, "heading", 2)] if name and found.parts and not own else []
    return replace(found, parts=(*heading, *found.parts), notes=(*found.notes, *damaged))

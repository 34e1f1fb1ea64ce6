"""Mails and saved web pages (MHTML): the header's facts, one body, attachments read or named.

Of alternatives the HTML is read where there is some, else the text. Not here: Outlook's own format.
"""

import re
from codecs import BOM_UTF8
from collections.abc import Callable, Iterator
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
from research.errors import ReadingError
from research.types import ReadingNote

Inner = Callable[[bytes, str, str, str | None], WholeHtml]  # bytes, name, media type, character set

_FIELDS = ("From", "To", "Cc", "Date")
_ENVELOPE = re.compile(rb"\A(?:\s*\n|From [^\n]*\n|>?[^\n:]*\n(?=[A-Za-z-]+:))+")
_SAVED_BY = re.compile(r"\bsaved by\b", re.IGNORECASE)  # what browsers write for themselves
_BETWEEN = re.compile(rb"^From [^\n]*\d{4}[^\n]*\n(?=[A-Za-z-]+:)", re.MULTILINE)
_FLOWED_SPACE = re.compile(r"(?<=\S) \n(?!-- )")
_MAX_PARTS = 200
_DEEPEST = 10


def read_mail(raw: bytes, url: str, inner: Inner) -> WholeHtml:
    """A mail or a saved page. `inner` reads what is attached. Raises `ReadingError`: `broken`."""
    try:
        message = BytesParser(policy=policy.default).parsebytes(_ENVELOPE.sub(b"", raw.removeprefix(BOM_UTF8), count=1))
        return _read(message, inner, 0)
    except (ValueError, LookupError, AttributeError, IndexError, TypeError, KeyError) as error:
        # what the standard library raises for headers and bodies that no program should have sent
        raise ReadingError(url=url, kind="broken", reason="not a readable mail") from error


def read_mailbox(raw: bytes, url: str, inner: Inner) -> WholeHtml:
    """All mails of a file in the format mbox. Raises `ReadingError`: `broken`."""
    mails = [one for one in _BETWEEN.split(raw) if one.strip()]
    found = [read_mail(one, url, inner) for one in mails[:_MAX_PARTS]]
    cut = [ReadingNote(kind="parts_cut")] if len(mails) > _MAX_PARTS else []
    parts = tuple(part for one in found for part in one.parts)
    return WholeHtml(parts, Facts(), (*(note for one in found for note in one.notes), *cut))


def _read(message: EmailMessage, inner: Inner, depth: int) -> WholeHtml:
    facts = _facts(message)
    saved = "Snapshot-Content-Location" in message or bool(_SAVED_BY.search(_line(message, "From")))
    body = _body(message)
    found = _body_parts(body) if body is not None else WholeHtml((), Facts())
    parts: list[Part] = []
    if not saved:
        if facts.title:
            parts.append(Part(facts.title, "heading", min(depth + 1, 6)))
        parts.extend(_header(message))
    parts.extend(found.parts)
    notes = list(found.notes)
    for attached in _others(message, body):
        if saved and attached.get_content_type() != "text/html":
            continue
        more = _attached(attached, inner, depth, own=saved)
        parts.extend(more.parts)
        notes.extend(more.notes)
    if saved:
        facts = replace(found.facts, title=found.facts.title or facts.title)
    return WholeHtml(tuple(parts), facts, tuple(notes))


def _facts(message: EmailMessage) -> Facts:
    sent = str(message.get("Date", "")).strip()
    try:
        published = parsedate_to_datetime(sent).date().isoformat() if sent else None
    except (ValueError, TypeError, IndexError):
        published = None
    return Facts(title=_line(message, "Subject"), author=_line(message, "From") or None, published_at=published)


def _line(message: EmailMessage, name: str) -> str:
    """A field of the header as one line; raw bytes in it, as old programs send them, are decoded."""
    raw = next((str(value) for key, value in message.raw_items() if key.lower() == name.lower()), "")
    if any("\udc80" <= char <= "\udcff" for char in raw):
        text = decode_text(raw.encode("utf-8", "surrogateescape"))
    else:
        value = message.get(name, "")
        addresses = getattr(value, "addresses", None)
        text = ", ".join(map(_address, addresses)) if addresses else str(value)
    return " ".join(text.split())


def _address(address: Address) -> str:
    return f"{address.display_name} <{address.addr_spec}>" if address.display_name else address.addr_spec


def _header(message: EmailMessage) -> Iterator[Part]:
    said = [(name, _line(message, name)) for name in _FIELDS]
    text = "; ".join(f"{name}: {value}" for name, value in said if value)
    if text:
        yield Part(text + ("" if text.endswith(".") else "."), "row")


def _body(message: EmailMessage) -> EmailMessage | None:
    """The part that is the message, HTML where there is some."""
    bodies = {"html": message.get_body(("html",)), "plain": message.get_body(("plain",))}
    for body in bodies.values():
        if isinstance(body, EmailMessage) and _text(body).strip():
            return body
    return next((one for one in _leaves(message) if one.get_content_maintype() == "text"), None)


def _text(part: EmailMessage) -> str:
    """The text of a part. A character set that is not named rightly is found as in any document."""
    payload = part.get_payload(decode=True)
    raw = payload if isinstance(payload, bytes) else b""
    charset = part.get_content_charset()
    return decode_text(raw, None if charset in (None, "us-ascii") else charset)


def _body_parts(body: EmailMessage) -> WholeHtml:
    text = _text(body)
    if body.get_content_type() == "text/html":
        return read_whole(text)
    if body.get_param("format") == "flowed":
        text = _FLOWED_SPACE.sub(" ", text.replace("\r\n", "\n"))
    return WholeHtml(tuple(parts_of_plain(text)), Facts())


def _leaves(message: EmailMessage) -> Iterator[EmailMessage]:
    """The parts that hold no others; an attached mail is one."""
    waiting = [message]
    for _ in range(_MAX_PARTS):
        if not waiting:
            return
        part = waiting.pop(0)
        if part.get_content_maintype() == "multipart":
            waiting[:0] = [one for one in part.iter_parts() if isinstance(one, EmailMessage)]
        else:
            yield part


def _others(message: EmailMessage, body: EmailMessage | None) -> Iterator[EmailMessage]:
    """What is not the body, nor the body in another format, nor a picture in it."""
    alternatives: set[int] = set()
    for part in message.walk():
        if part.get_content_type() == "multipart/alternative":
            alternatives.update(id(one) for one in part.walk())
    for part in _leaves(message):
        inline = part.get_content_maintype() == "text" and id(part) in alternatives
        if part is not body and not inline:
            yield part


def _attached(part: EmailMessage, inner: Inner, depth: int, *, own: bool) -> WholeHtml:
    """What is attached under its name, or a note that it is there. `own`: a frame of a saved page."""
    name = part.get_filename() or ""
    kind = part.get_content_type()
    if kind.endswith("-signature"):
        return WholeHtml((), Facts())
    if kind.startswith("image/"):
        return WholeHtml((), Facts(), (ReadingNote(kind="pictures"),))
    if kind == "message/rfc822" and depth < _DEEPEST:
        inside = part.get_payload(0) if part.is_multipart() else None
        if isinstance(inside, EmailMessage):
            return _read(inside, inner, depth + 1)
    if not name and kind in ("text/plain", "text/html"):
        return _body_parts(part)  # a text that goes on after an attachment
    payload = part.get_payload(decode=True)
    try:
        found = inner(payload if isinstance(payload, bytes) else b"", name, kind, part.get_content_charset())
    except ReadingError:
        return WholeHtml((), Facts(), (ReadingNote(kind="attachments", detail=escape(name or kind, quote=False)),))
    heading = [Part(name, "heading", 2)] if name and found.parts and not own else []
    return replace(found, parts=(*heading, *found.parts))

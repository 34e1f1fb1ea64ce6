"""What kind of document bytes are: by their own marks, then by their name, then as declared. Pure.

Not here: reading them (`reading.py`), character sets (`browser/markup/charset.py`).
"""

import codecs
import io
import re
import zipfile
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from browser.documents.archives import BROKEN_ARCHIVE
from browser.markup.charset import wide_codec

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
ODT = "application/vnd.oasis.opendocument.text"
ODS = "application/vnd.oasis.opendocument.spreadsheet"
ODP = "application/vnd.oasis.opendocument.presentation"
FLAT_ODF = "application/vnd.oasis.opendocument.text-flat-xml"
EPUB = "application/epub+zip"
ZIP = "application/zip"
RTF = "application/rtf"
MAIL = "message/rfc822"
MAILBOX = "application/mbox"
MHTML = "multipart/related"
NOTEBOOK = "application/x-ipynb+json"
FEED = "application/rss+xml"
SVG = "image/svg+xml"
XML = "application/xml"
JSON = "application/json"
TEX = "application/x-tex"
RST = "text/x-rst"
MARKDOWN = "text/markdown"
HTML = "text/html"
CSV = "text/csv"
TSV = "text/tab-separated-values"
PLAIN = "text/plain"
BINARY = "application/octet-stream"
ENCRYPTED = "encrypted"

_BY_NAME = {
    ".md": MARKDOWN,
    ".markdown": MARKDOWN,
    ".mdx": MARKDOWN,
    ".qmd": MARKDOWN,
    ".rmd": MARKDOWN,
    ".txt": PLAIN,
    ".text": PLAIN,
    ".log": PLAIN,
    ".rst": RST,
    ".rest": RST,
    ".html": HTML,
    ".htm": HTML,
    ".xhtml": HTML,
    ".csv": CSV,
    ".tsv": TSV,
    ".tab": TSV,
    ".pdf": PDF,
    ".docx": DOCX,
    ".xlsx": XLSX,
    ".pptx": PPTX,
    ".odt": ODT,
    ".ods": ODS,
    ".odp": ODP,
    ".fodt": FLAT_ODF,
    ".fods": FLAT_ODF,
    ".fodp": FLAT_ODF,
    ".epub": EPUB,
    ".rtf": RTF,
    ".eml": MAIL,
    ".mbox": MAILBOX,
    ".mht": MHTML,
    ".mhtml": MHTML,
    ".ipynb": NOTEBOOK,
    ".rss": FEED,
    ".atom": FEED,
    ".svg": SVG,
    ".xml": XML,
    ".json": JSON,
    ".jsonl": JSON,
    ".ndjson": JSON,
    ".geojson": JSON,
    ".tex": TEX,
    ".latex": TEX,
}
_ALIASES = {
    "application/xhtml+xml": HTML,
    "text/x-markdown": MARKDOWN,
    "text/prs.fallenstein.rst": RST,
    "text/rtf": RTF,
    "application/x-rtf": RTF,
    "application/csv": CSV,
    "application/atom+xml": FEED,
    "application/feed+json": JSON,
    "application/ld+json": JSON,
    "application/x-ndjson": JSON,
    "application/jsonl": JSON,
    "text/json": JSON,
    "text/xml": XML,
    "text/x-tex": TEX,
    "application/x-latex": TEX,
    "message/global": MAIL,
    "application/x-mimearchive": MHTML,
}
_BEGIN_OTHERWISE = frozenset({PDF, DOCX, XLSX, PPTX, ODT, ODS, ODP, EPUB})
_KNOWN_TEXT = frozenset(_BY_NAME.values()) - _BEGIN_OTHERWISE

# What is no text, by how it begins. The names are for people.
_SIGNATURES = (
    (rb"\x89PNG", "a PNG picture"),
    (rb"\xff\xd8\xff", "a JPEG picture"),
    (rb"GIF8[79]a", "a GIF picture"),
    (rb"RIFF....WEBP", "a WebP picture"),
    (rb"RIFF....WAVE", "a WAV recording"),
    (rb"RIFF....AVI ", "an AVI film"),
    (rb"BM....\0\0\0\0", "a BMP picture"),
    (rb"II\*\0|MM\0\*", "a TIFF picture"),
    (rb"8BPS", "a Photoshop picture"),
    (rb"....ftyp(?:heic|heix|mif1|avif)", "a HEIF picture"),
    (rb"....ftyp", "an MP4 film or recording"),
    (rb"\x1aE\xdf\xa3", "a Matroska film"),
    (rb"ID3|\xff[\xfb\xf3\xf2]", "an MP3 recording"),
    (rb"OggS", "an Ogg recording or film"),
    (rb"fLaC", "a FLAC recording"),
    (rb"\x1f\x8b", "a gzip archive"),
    (rb"Rar!", "a RAR archive"),
    (rb"7z\xbc\xaf", "a 7z archive"),
    (rb"BZh", "a bzip2 archive"),
    (rb"\xfd7zXZ", "an xz archive"),
    (rb"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (rb".{257}ustar", "a tar archive"),
    (rb"\x7fELF|MZ|\xcf\xfa\xed\xfe|\xca\xfe\xba\xbe", "a program"),
    (rb"\0asm", "a WebAssembly program"),
    (rb"SQLite format 3", "an SQLite database"),
    (rb"PAR1", "a Parquet table"),
    (rb"ARROW1", "an Arrow table"),
    (rb"bplist00", "a property list or web archive of Apple"),
    (rb"\x89HDF", "an HDF5 file"),
    (rb"CDF[\x01\x02]", "a NetCDF file"),
    (rb"%!PS|\xc5\xd0\xd3\xc6", "a PostScript document"),
    (rb"AT&TFORM", "a DjVu document"),
    (rb"ITSF", "a compiled HTML help file"),
    (rb".{60}BOOKMOBI", "a Mobipocket book"),
    (rb"wOF[F2]|\x00\x01\x00\x00\x00|OTTO", "a font"),
    (rb"\xffWPC", "a WordPerfect document"),
)
_SIGNATURE = tuple((re.compile(mark, re.DOTALL), what) for mark, what in _SIGNATURES)
_OLE = b"\xd0\xcf\x11\xe0"
_OLE_STREAMS = (
    ("WordDocument", "a Word document of the format before 2007 (.doc)"),
    ("Workbook", "an Excel workbook of the format before 2007 (.xls)"),
    ("PowerPoint Document", "a PowerPoint presentation of the format before 2007 (.ppt)"),
    ("__substg1.0_", "an Outlook message (.msg)"),
    ("FileHeader", "a Hangul document (.hwp)"),
)
# What may stand before the root element, piece by piece: one pattern for all of them would try each
# way to part a long prologue.
_XML_PIECE = re.compile(
    rb"\s++|<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>\[]*+(?:\[[^\]]*+\]\s*+)?>", re.DOTALL
)
_HTML_PIECE = re.compile(rb"\s++|<\?(?i:xml)[^>]*+>|<!--.*?-->", re.DOTALL)
_HTML = re.compile(rb"<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_XML_ROOT = re.compile(rb"<(?:[\w.-]++:)?(?P<root>[\w.-]++)")
_ROOTS = {b"rss": FEED, b"feed": FEED, b"RDF": FEED, b"svg": SVG, b"html": HTML}
_FIELD = rb"[A-Za-z][\w-]*+:[^\n]*+\n(?:[ \t][^\n]*+\n)*+"
_MAIL_HEAD = re.compile(rb"(?:%b){2,}+\r?\n" % _FIELD)
_MAILBOX = re.compile(rb"From \S++ (?=[^\n]*?\d{4})[^\n]*+\n(?:%b){2}" % _FIELD)
_MAIL_FIELDS = re.compile(
    rb"^(?:from|date|subject|mime-version|message-id):", re.IGNORECASE | re.MULTILINE
)
_SAVED = re.compile(rb"^content-type:\s*multipart/related", re.IGNORECASE | re.MULTILINE)
_SPACE = re.compile(rb"\s++")
# It stands first or, in the order of the alphabet, last.
_NOTEBOOK = re.compile(rb'"nbformat"\s*+:\s*+\d')
_TYPE_NAME = 100  # characters at most
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_HEAD = 65_536
NOISE = 0.01  # the share of control characters in what is no text


def media_type_of(raw: bytes, name: str, declared: str = BINARY) -> str:
    """What the bytes are. `encrypted` for a locked office document, and for what is not read the
    declared type or `application/octet-stream`; `unread_name` tells its name."""
    declared = _ALIASES.get(declared, declared)
    if b"%PDF-" in raw[:1024]:
        return PDF
    if raw.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return _archive(raw)
    if raw.startswith(_OLE):
        return ENCRYPTED if "EncryptedPackage".encode("utf-16-le") in raw else "application/msword"
    if signature_name(raw):
        return (
            declared
            if declared.startswith(("image/", "audio/", "video/", "application/"))
            else BINARY
        )
    if raw.startswith(b"{\\rtf"):
        return RTF
    if _HTML.match(_without_prologue(raw[:_HEAD], _HTML_PIECE)):
        return HTML
    return _textual(raw, name, declared)


def signature_name(raw: bytes) -> str | None:
    """The name of a format that is no text, for people."""
    if raw.startswith(_OLE):
        streams = ((mark.encode("utf-16-le"), what) for mark, what in _OLE_STREAMS)
        return next((what for mark, what in streams if mark in raw), "a compound file")
    return next((what for mark, what in _SIGNATURE if mark.match(raw)), None)


def _archive(raw: bytes) -> str:
    """By the archive's own list of files, as documents are embedded in others; a damaged one is
    known by what it holds."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            names = "\n".join(entry.filename for entry in archive.infolist()).encode()
            own = _own_type(archive)
    except BROKEN_ARCHIVE:
        names, own = raw, ""
    for kind in (EPUB, ODT, ODS, ODP):
        if own.removesuffix("-template") == kind or f"mimetype{kind}".encode() in raw[:200]:
            return kind
    holds = (
        (b"word/document", DOCX),
        (b"ppt/presentation", PPTX),
        (b"xl/workbook", XLSX),
        (b"META-INF/container.xml", EPUB),
    )
    return next((kind for mark, kind in holds if mark in names), ZIP)


def _own_type(archive: zipfile.ZipFile) -> str:
    """What the archive says it is, of which no more is unpacked than a name may be long."""
    if "mimetype" not in archive.namelist():
        return ""
    with archive.open("mimetype") as member:
        return member.read(_TYPE_NAME).strip().decode()


def _without_prologue(head: bytes, piece: re.Pattern[bytes]) -> bytes:
    """What stands behind a byte order mark and all pieces of a prologue."""
    head = head.removeprefix(codecs.BOM_UTF8)
    at = 0
    while found := piece.match(head, at):
        at = found.end()
    return head[at:]


def _textual(raw: bytes, name: str, declared: str) -> str:
    """The kind of a document without a signature: by its name, then as declared, if it is text at
    all."""
    by_name = _BY_NAME.get(suffix_of(name))
    if by_name in _BEGIN_OTHERWISE:
        # it claims to be one and does not begin like one: its reader will say that it is broken
        return by_name
    if not is_text(raw):
        return BINARY
    if (found := _by_content(raw, by_name)) is not None:
        return found
    if declared.startswith("text/") and declared != PLAIN:
        return declared if declared in _KNOWN_TEXT else by_name or PLAIN
    if by_name:
        return by_name
    if declared in _KNOWN_TEXT:
        return declared
    if declared.endswith(("+json", "+xml")):
        return JSON if declared.endswith("+json") else XML
    return PLAIN if declared in (PLAIN, BINARY) else declared


def suffix_of(name: str) -> str:
    path = unquote(urlsplit(name).path) if "://" in name else name
    return PurePosixPath(path).suffix.lower()


def is_text(raw: bytes) -> bool:
    """Whether bytes are text in some character set, judged by their beginning."""
    head = raw[:_HEAD]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or wide_codec(raw):
        return True
    return len(_CONTROL.findall(head)) <= NOISE * len(head) and b"\0" not in head


def _by_content(raw: bytes, by_name: str | None) -> str | None:
    """What only content tells: mails, feeds, drawings and notebooks, whatever they are called."""
    head = raw[:_HEAD].removeprefix(codecs.BOM_UTF8)
    if by_name in (None, PLAIN, XML, HTML, SVG, FEED) and head.lstrip().startswith(b"<"):
        root = _XML_ROOT.match(_without_prologue(head, _XML_PIECE))
        found = _ROOTS.get(root["root"]) if root else None
        if found and not (
            found == FEED and root and root["root"] == b"RDF" and b"purl.org/rss" not in head
        ):
            return found
        return XML if root and head.lstrip().startswith(b"<?xml") and by_name is None else None
    if by_name in (None, PLAIN) and _MAILBOX.match(head):
        return MAILBOX
    mail = _MAIL_HEAD.match(head.replace(b"\r\n", b"\n"))
    if mail and (
        by_name in (MAIL, MHTML)
        or (
            by_name is None
            and (
                len(_MAIL_FIELDS.findall(mail[0])) > 2
                or mail[0].lower().startswith(b"mime-version:")
            )
        )
    ):
        return MHTML if by_name == MHTML or (by_name is None and _SAVED.search(mail[0])) else MAIL
    if by_name in (None, JSON) and _is_notebook(raw):
        return NOTEBOOK
    return None


def _is_notebook(raw: bytes) -> bool:
    """By its mark in an object. Parsing the whole would hold up everything else."""
    is_object = _without_prologue(raw[:_HEAD], _SPACE).startswith(b"{")
    return is_object and bool(_NOTEBOOK.search(raw[:_HEAD]) or _NOTEBOOK.search(raw[-_HEAD:]))

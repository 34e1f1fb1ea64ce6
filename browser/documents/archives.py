"""Guards the zip archives that documents are: what they unpack to, and what their XML declares.
Blocking.

Not here: what is in them (`word`, `sheets`, `slides.py`).
"""

import io
import lzma
import zipfile
import zlib

from research.errors import ReadingError

MAX_UNPACKED = 100_000_000
MAX_RATIO = 200
RATIO_FLOOR = 5_000_000
MAX_ENTRIES = 10_000
BROKEN_ARCHIVE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    KeyError,
    ValueError,
    RuntimeError,  # `NotImplementedError`, for a method of compression, is one
)  # what reading a damaged archive raises
_CHUNK = 1 << 20
_OVERLAP = 16
_DECLARATIONS = (b"<!DOCTYPE", b"<!ENTITY")


def guard_zip(raw: bytes, url: str) -> None:
    """Refuse archives that unpack to far more than they are, and XML that declares entities. Raises
    `ReadingError`: `broken`, `too_large`, `encrypted`."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            entries = archive.infolist()
            _guard_sizes(entries, len(raw), url)
            if any(entry.flag_bits & 1 for entry in entries):
                raise ReadingError(
                    url=url, kind="encrypted", reason="the document needs a password"
                )
            for entry in entries:
                if entry.filename.lower().endswith((".xml", ".rels", ".vml")):
                    _guard_xml(archive, entry, url)
    except BROKEN_ARCHIVE as error:
        raise ReadingError(url=url, kind="broken", reason="not a readable archive") from error


def _guard_sizes(entries: list[zipfile.ZipInfo], packed: int, url: str) -> None:
    """The sizes are the archive's own word, and zipfile holds it to them."""
    unpacked = sum(entry.file_size for entry in entries)
    allowed = min(MAX_UNPACKED, max(RATIO_FLOOR, MAX_RATIO * packed))
    if unpacked > allowed or len(entries) > MAX_ENTRIES:
        raise ReadingError(
            url=url,
            kind="too_large",
            reason=f"it unpacks to {unpacked:,} bytes in {len(entries)} files",
        )


def _guard_xml(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, url: str) -> None:
    """Office documents declare no document type; one that does wants its entities expanded."""
    tail = b""
    with archive.open(entry) as file:
        while chunk := file.read(_CHUNK):
            seen = tail + chunk.replace(b"\0", b"")  # UTF-16 hides nothing
            if any(declaration in seen for declaration in _DECLARATIONS):
                raise ReadingError(
                    url=url,
                    kind="broken",
                    reason=f"{entry.filename} declares XML entities, which office documents "
                    f"never do",
                )
            tail = seen[-_OVERLAP:]

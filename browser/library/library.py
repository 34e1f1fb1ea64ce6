"""Private libraries: a folder or a JSON Lines file read into snapshots, again only where something
changed.

A document that cannot be read is kept with its error and told, never dropped in silence. Not here:
search (`index.py`), uploads.
"""

import asyncio
import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, get_args
from urllib.parse import quote, unquote

from sqlmodel import select

from browser.documents.dates import iso_date
from browser.documents.parsers import PARSERS
from browser.documents.parts import Facts, snapshot_of, tidy, why_empty
from browser.documents.reading import BINARY, read_text
from browser.net.fetch import Fetched
from browser.net.urls import canonical_url
from browser.types import Opened
from research.domain import PageText, ReadingNote, Snapshot
from research.errors import LibraryEmpty, LibraryError, ReadingError, ReadingFailure
from research.store.database import Store
from research.store.repositories.snapshots import add_snapshots, links_of, pairs_of
from research.store.tables import DocumentRow, LibraryRow, SnapshotRow

SCHEME = "library://"
MAX_BYTES = 20_000_000
# documents parsed and written at a time: short transactions leave the database to others
BATCH = 200
MAX_PATH = 180


@dataclass(frozen=True)
class LibrarySync:
    """What a sync did. Documents whose text can be found were `added`, `changed` or `unchanged`;
    `partial` are those of them whose text lacks something, as their notes tell. `failed` are all
    that cannot be read, also those that could not be before."""

    library: LibraryRow
    added: int
    changed: int
    unchanged: int
    removed: int
    partial: tuple[DocumentRow, ...]
    failed: tuple[ReadingError, ...]

    @property
    def whole(self) -> int:
        """How many documents were read in full."""
        return self.added + self.changed + self.unchanged - len(self.partial)


@dataclass(frozen=True)
class _Found:
    """A document before it is parsed; `source` is its file, or the parsed line of a JSON Lines
    file."""

    path: str
    url: str
    sha256: str
    source: Path | dict[str, Any] | None
    error: ReadingError | None = None


@dataclass(frozen=True)
class _Parsed:
    row: DocumentRow
    page: PageText | None
    snapshot: Snapshot | None
    error: ReadingError | None


async def sync_library(
    store: Store,
    name: str,
    path: Path,
    *,
    private: bool = True,
    mending: bool = False,
) -> LibrarySync:
    """Make the library hold what the folder or `.jsonl` file holds; `mending` also what is stored
    of it but is not what was written. Raises `LibraryError` when there is no such path,
    `LibraryEmpty` when nothing in it can be read; the library then stays as it was."""
    if not await asyncio.to_thread(path.exists):
        raise LibraryError(library=name, reason=f"there is no {path}")
    known = await store.library(name)
    if known is not None and known.tenant != store.acting_tenant:
        raise LibraryError(library=name, reason="it is another tenant's, to read only")
    before = {row.path: row for row in await store.documents(known.id)} if known else {}
    stored = [row.snapshot_id for row in before.values() if row.snapshot_id] if mending else []
    return await _Sync(
        store, name, path, private, before, await store.damaged_snapshots(stored)
    ).run()


class _Sync:
    def __init__(
        self,
        store: Store,
        name: str,
        path: Path,
        private: bool,
        before: dict[str, DocumentRow],
        damaged: set[str],
    ) -> None:
        self.store, self.name, self.path, self.private = store, name, path, private
        self.before, self.damaged = before, damaged
        self.seen: set[str] = set()
        self.partial: list[DocumentRow] = []
        self.failed: list[ReadingError] = []
        self.added = self.changed = self.unchanged = 0
        self.readable = False
        self.library: LibraryRow | None = None
        self.waiting: list[_Parsed] = []

    async def run(self) -> LibrarySync:
        found = find_documents(self.name, self.path)
        while batch := await asyncio.to_thread(lambda: list(islice(found, BATCH))):
            await self._take(batch)
        if not self.readable:
            raise LibraryEmpty(
                library=self.name, reason=self._why_empty(), failed=tuple(self.failed)
            )
        library = await self._open()
        await self._write()
        removed = [path for path in self.before if path not in self.seen]
        await self.store.put_documents(library.id, [], removed)
        library = await self.store.library(self.name) or library
        return LibrarySync(
            library,
            self.added,
            self.changed,
            self.unchanged,
            sum(self.before[path].snapshot_id is not None for path in removed),
            tuple(self.partial),
            tuple(self.failed),
        )

    async def _take(self, batch: list[_Found]) -> None:
        fresh = []
        for found in batch:
            self.seen.add(found.path)
            old = self.before.get(found.path)
            if old and self._is_same(old, found):
                self._keep(old)
            else:
                fresh.append(found)
        for parsed in await self._parse(fresh):
            self._count(parsed)
        if self.readable and self.waiting:
            await self._write()

    def _is_same(self, old: DocumentRow, found: _Found) -> bool:
        """Whether a document need not be read again. One that was read before notes were kept
        must."""
        same = old.raw_sha256 == found.sha256 and old.url == found.url
        return same and old.notes is not None and old.snapshot_id not in self.damaged

    async def _parse(self, fresh: list[_Found]) -> list[_Parsed]:
        """Lines of text in a thread, files where documents are parsed; in the order given."""
        files = [found for found in fresh if isinstance(found.source, Path)]
        lines = [found for found in fresh if not isinstance(found.source, Path)]
        parsed = await asyncio.to_thread(lambda: [_parse_line(found) for found in lines])
        parsed += await asyncio.gather(*map(_parse_file, files))
        by_path = {one.row.path: one for one in parsed}
        return [by_path[found.path] for found in fresh]

    def _keep(self, old: DocumentRow) -> None:
        if old.error:
            self.failed.append(stored_error(old))
        else:
            self.unchanged += 1
            self._found(old)

    def _count(self, parsed: _Parsed) -> None:
        self.waiting.append(parsed)
        if parsed.error:
            self.failed.append(parsed.error)
            return
        old = self.before.get(parsed.row.path)
        if old and old.snapshot_id:
            self.changed += 1
        else:
            self.added += 1
        self._found(parsed.row)

    def _found(self, document: DocumentRow) -> None:
        """A document whose text can be found."""
        self.readable = True
        if document.notes:
            self.partial.append(document)

    async def _open(self) -> LibraryRow:
        if self.library is None:
            self.library = await self.store.put_library(
                self.name, path=str(self.path), private=self.private
            )
        return self.library

    async def _write(self) -> None:
        """Snapshots first, then the rows that name them."""
        library = await self._open()
        parsed, self.waiting = self.waiting, []
        read = [(one.page, one.snapshot) for one in parsed if one.page and one.snapshot]
        async with self.store.engine.begin() as connection:
            await connection.run_sync(add_snapshots, read, self.damaged)
        for one in parsed:
            one.row.library_id = library.id
        await self.store.put_documents(library.id, [one.row for one in parsed])

    def _why_empty(self) -> str:
        if not self.failed:
            return f"{self.path} holds no documents"
        shown = "; ".join(f"{error.url} ({error.kind})" for error in self.failed[:5])
        return f"none of its {len(self.failed)} documents can be read: {shown}"


def find_documents(name: str, path: Path) -> Iterator[_Found]:
    """The documents of a folder, or of a JSON Lines file. Blocking."""
    if path.is_dir():
        yield from _files(name, path)
    elif path.suffix.lower() in (".jsonl", ".ndjson"):
        yield from _lines(name, path)
    else:
        yield _file(name, path, path.parent)


def _files(name: str, root: Path) -> Iterator[_Found]:
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(one for one in folders if not one.startswith("."))
        for link in [one for one in folders if (Path(folder) / one).is_symlink()]:
            folders.remove(
                link
            )  # inside, its files are met anyway; outside, they are not the library's
            if not _inside(Path(folder) / link, root):
                yield _refused(name, Path(folder) / link, root)
        for file in sorted(one for one in files if not one.startswith(".")):
            yield _file(name, Path(folder) / file, root)


def _inside(path: Path, root: Path) -> bool:
    return path.resolve().is_relative_to(root.resolve())


def _relative(file: Path, root: Path) -> str:
    """The file's place in the library, fit to be stored: a name that is no UTF-8 has replacement
    characters."""
    return os.fsencode(file.relative_to(root).as_posix()).decode("utf-8", errors="replace")


def _refused(name: str, file: Path, root: Path) -> _Found:
    return _failure(
        name, _relative(file, root), "blocked", "a link that leads outside the library's folder"
    )


def _file(name: str, file: Path, root: Path) -> _Found:
    path = _relative(file, root)
    try:
        if not _inside(file, root):
            return _refused(name, file, root)
        if not file.is_file():
            return _failure(name, path, "unsupported", "not a regular file")
        if file.stat().st_size > MAX_BYTES:
            return _failure(name, path, "too_large", f"larger than {MAX_BYTES:,} bytes")
        with file.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        return _failure(name, path, "broken", f"the file cannot be opened: {error.strerror}")
    return _Found(path, _url(name, path), digest, file)


def _lines(name: str, path: Path) -> Iterator[_Found]:
    keys: dict[str, int] = {}
    with path.open("rb") as stream:
        for number, line in enumerate(stream, 1):
            if line.strip():
                yield _line(name, number, line, keys)


def _line(name: str, number: int, line: bytes, keys: dict[str, int]) -> _Found:
    where = f"line {number}"
    if len(line) > MAX_BYTES:
        return _failure(
            name, where, "too_large", f"line {number} is larger than {MAX_BYTES:,} bytes"
        )
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return _failure(name, where, "broken", f"line {number} is no JSON", raw=line)
    wrong = _wrong(record)
    if wrong:
        return _failure(name, where, "broken", f"line {number}: {wrong}", raw=line)
    # Known by its URL or title, not its line, so that a document stays the same when lines move.
    own = tidy(str(record.get("url") or ""))
    key = own or tidy(str(record["title"])) or hashlib.sha256(line).hexdigest()[:16]
    key = (
        key
        if len(key) <= MAX_PATH
        else f"{key[: MAX_PATH - 17]}~{hashlib.sha256(key.encode()).hexdigest()[:16]}"
    )
    keys[key] = keys.get(key, 0) + 1
    path = key if keys[key] == 1 else f"{key}~{keys[key]}"
    url = own if keys[key] == 1 else ""
    return _Found(path, url or _url(name, path), hashlib.sha256(line.strip()).hexdigest(), record)


def _wrong(record: object) -> str | None:
    if not isinstance(record, dict):
        return "not an object"
    for field, needed in (("title", True), ("text", True), ("url", False), ("published_at", False)):
        value = record.get(field)
        if (needed and not isinstance(value, str)) or not isinstance(value, str | None):
            return f"its {field} is no text"
    return None if record["text"].strip() else "its text is empty"


def spellings(url: str) -> tuple[str, ...]:
    """The addresses of documents that this may be: as it is, of a name in plain letters, and of one
    of which only some are written as signs."""
    name, _, path = url.removeprefix(SCHEME).partition("/")
    return url, _url(name, path), _url(unquote(name), unquote(path))


def _url(name: str, path: str) -> str:
    return f"{SCHEME}{quote(name, safe='')}/{quote(path, safe='/~')}"


def _failure(
    name: str, path: str, kind: ReadingFailure, reason: str, *, raw: bytes = b""
) -> _Found:
    url = _url(name, path)
    digest = hashlib.sha256(raw or f"{kind} {reason}".encode()).hexdigest()
    return _Found(path, url, digest, None, ReadingError(url=url, kind=kind, reason=reason))


def _parse_line(found: _Found) -> _Parsed:
    if found.error:
        return _failed(found, found.error)
    assert isinstance(found.source, dict)
    record = found.source
    facts = Facts(title=record["title"], published_at=iso_date(record.get("published_at") or ""))
    try:
        page = read_text(record["text"], name=found.path, media_type="text/markdown", facts=facts)
    except ReadingError as error:
        return _failed(found, error)
    return _read(found, page, snapshot_of(page))


async def _parse_file(found: _Found) -> _Parsed:
    assert isinstance(found.source, Path)
    try:
        raw = await asyncio.to_thread(found.source.read_bytes)
        parsed = await PARSERS.parse(Fetched(found.url, raw, BINARY, None), name=found.source.name)
    except OSError as error:
        return _failed(
            found,
            ReadingError(
                url=found.url, kind="broken", reason=f"the file cannot be opened: {error.strerror}"
            ),
        )
    except ReadingError as error:
        return _failed(found, error)
    return _read(found, parsed.document.page, parsed.snapshot)


def _read(found: _Found, page: PageText, snapshot: Snapshot) -> _Parsed:
    if not page.sentences:
        return _failed(found, ReadingError(url=found.url, kind="empty", reason=why_empty(page)))
    return _Parsed(_row(found, page, snapshot, None), page, snapshot, None)


def _failed(found: _Found, error: ReadingError) -> _Parsed:
    return _Parsed(_row(found, None, None, error), None, None, error)


def _row(
    found: _Found, page: PageText | None, snapshot: Snapshot | None, error: ReadingError | None
) -> DocumentRow:
    return DocumentRow(
        library_id="",
        path=found.path,
        url=found.url,
        title=(page.title if page else "") or found.path,
        author=page.author if page else None,
        published_at=page.published_at if page else None,
        media_type=page.media_type if page else "",
        raw_sha256=found.sha256,
        extractor=page.extractor if page else "",
        snapshot_id=snapshot.id if snapshot else None,
        error={"kind": error.kind, "reason": error.reason} if error else None,
        notes=[note.model_dump() for note in page.notes] if page else [],
        links=pairs_of(page.links) if page else [],
    )


def stored_error(row: DocumentRow) -> ReadingError:
    """Why a document could not be read."""
    error = row.error or {}
    kind = error.get("kind")
    known: Sequence[ReadingFailure] = get_args(ReadingFailure)
    return ReadingError(
        url=row.url,
        kind=next((one for one in known if one == kind), "broken"),
        reason=str(error.get("reason", "")),
    )


def notes_of(document: DocumentRow) -> tuple[ReadingNote, ...]:
    """What the text of a document lacks, as far as it is known."""
    return tuple(ReadingNote.model_validate(note) for note in document.notes or ())


async def open_document(store: Store, library: LibraryRow, document: DocumentRow) -> Opened:
    """The stored text of a document. Raises `ReadingError`."""
    async with store.session() as session:
        row = await session.get(SnapshotRow, document.snapshot_id) if document.snapshot_id else None
        links = select(DocumentRow.links).where(
            DocumentRow.library_id == library.id, DocumentRow.path == document.path
        )
        pairs = (await session.exec(links)).first()
    if row is None:
        raise ReadingError(url=document.url, kind="not_found", reason="its text is not stored")
    page = PageText(
        text=row.text,
        sentences=tuple((start, end) for start, end in row.sentences),
        sections=tuple((start, name) for start, name in row.sections),
        title=document.title,
        site=library.name,
        author=document.author,
        published_at=document.published_at,
        media_type=document.media_type,
        extractor=document.extractor,
        notes=notes_of(document),
        links=links_of(pairs),
    )
    snapshot = Snapshot(id=row.id, text=row.text, sentences=page.sentences)
    url = document.url
    return Opened(
        page, snapshot, url, canonical_url(url), "library", document.raw_sha256, library.private
    )

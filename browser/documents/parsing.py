"""Parse one document after another in a process of one's own, spoken to by `parsers.py`.

Requests and answers are pickles behind their length, over the standard streams. Memory is bounded,
the process yields to others, and it ends when its input does. Not here: the parsers (`reading.py`),
time limits (whoever asks has the clock).
"""

import hashlib
import os
import pickle
import resource
import signal
import struct
import sys
from dataclasses import dataclass
from typing import IO, Any

from browser.documents.parts import snapshot_of
from browser.documents.reading import Document, read_document
from research.domain import Snapshot
from research.errors import ReadingError

MEMORY = 4_000_000_000  # address space, of which a parser uses a small part
NICENESS = 5
LENGTH = struct.Struct("!Q")


READY = "ready"  # the first word of a process, once all parsers are imported


@dataclass(frozen=True)
class Parsed:
    document: Document
    snapshot: Snapshot
    raw_sha256: str


def parse(
    raw: bytes, *, name: str, url: str, media_type: str, charset: str | None = None
) -> Parsed:
    """Read a document; blocking. Raises `ReadingError`."""
    try:
        document = read_document(raw, name=name, url=url, media_type=media_type, charset=charset)
        return Parsed(document, snapshot_of(document.page), hashlib.sha256(raw).hexdigest())
    except RecursionError as error:
        raise ReadingError(
            url=url, kind="broken", reason="the document is nested too deeply"
        ) from error
    except MemoryError as error:
        raise ReadingError(
            url=url, kind="too_large", reason="reading it takes too much memory"
        ) from error


def send(stream: IO[bytes], value: object) -> None:
    data = pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)
    stream.write(LENGTH.pack(len(data)))
    stream.write(data)
    stream.flush()


def receive(stream: IO[bytes]) -> Any:
    """Raises `EOFError` when the other side is gone."""
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        raise EOFError
    size = LENGTH.unpack(head)[0]
    data = stream.read(size)
    if len(data) < size:
        raise EOFError
    return pickle.loads(data)


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    os.nice(NICENESS)
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not get between the answers
    send(answers, READY)
    while True:
        try:
            request = receive(sys.stdin.buffer)
        except EOFError:
            return
        try:
            send(answers, parse(**request))
        except ReadingError as error:
            send(answers, error)

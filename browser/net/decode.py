"""Undo a body's content encoding with a bound on what comes out: gzip and deflate, part by part.

Not here: encodings without such a bound (they are not asked for), character sets.
"""

import zlib
from dataclasses import dataclass

from research.errors import ReadingError


@dataclass(frozen=True)
class DecodeLimits:
    """`size` in bytes, once decoded; past `ratio_floor` bytes it may grow to `ratio` times what was
    received."""

    size: int = 10_000_000
    ratio: int = 100
    ratio_floor: int = 1_000_000


class Decoder:
    """Decodes a body part by part and stops as soon as it grows past its bounds."""

    def __init__(self, url: str, encoding: str, limits: DecodeLimits) -> None:
        self._url, self._limits = url, limits
        self._encoding = encoding.strip().lower()
        if self._encoding not in ("", "identity", "gzip", "x-gzip", "deflate"):
            raise ReadingError(url=url, kind="unsupported", reason=f"content encoding {encoding!r}")
        self._zlib = None if self._encoding in ("", "identity") else zlib.decompressobj(47)
        self._out = bytearray()
        self._received = 0

    def feed(self, part: bytes) -> None:
        self._received += len(part)
        if self._zlib is None:
            self._out += part
        else:
            self._inflate(part)
        if len(self._out) > self._limits.size:
            self._too_large(f"larger than {self._limits.size:,} bytes")

    def _inflate(self, part: bytes) -> None:
        room = self._limits.size + 1
        while part and len(self._out) < room and self._zlib is not None:
            if self._zlib.eof:  # another gzip member, or padding
                if not part.strip(b"\0"):
                    return
                self._zlib = zlib.decompressobj(47)
            self._out += self._decompress(part, room - len(self._out))
            part = self._zlib.unused_data or self._zlib.unconsumed_tail
            if len(self._out) > max(self._limits.ratio_floor, self._limits.ratio * self._received):
                self._too_large(f"it decompresses to more than {self._limits.ratio} times its size")

    def _decompress(self, part: bytes, room: int) -> bytes:
        decoder = self._zlib
        assert decoder is not None
        try:
            return decoder.decompress(part, room)
        except zlib.error as error:
            if (
                self._encoding == "deflate" and not self._out
            ):  # some servers send deflate without its zlib header
                self._zlib = zlib.decompressobj(-zlib.MAX_WBITS)
                self._encoding = "raw deflate"
                return self._decompress(part, room)
            raise ReadingError(
                url=self._url, kind="broken", reason="the compressed body is damaged"
            ) from error

    def finish(self) -> bytes:
        if self._zlib is not None and self._received and not self._zlib.eof:
            raise ReadingError(
                url=self._url, kind="broken", reason="the compressed body is cut off"
            )
        return bytes(self._out)

    def _too_large(self, reason: str) -> None:
        raise ReadingError(url=self._url, kind="too_large", reason=reason)

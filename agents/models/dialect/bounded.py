"""An answer's body is read up to a size and no further: an endpoint that never ends must not fill
the memory.

Counted are bytes on the wire. Not here: how long it may take (`endpoint.py`).
"""

from collections.abc import AsyncIterator

import httpx2

MOST = 32 << 20


class _Bounded(httpx2.AsyncByteStream):
    def __init__(self, inner: httpx2.AsyncByteStream) -> None:
        self._inner = inner

    async def __aiter__(self) -> AsyncIterator[bytes]:
        read = 0
        async for piece in self._inner:
            read += len(piece)
            if read > MOST:
                raise httpx2.ReadError(f"the answer is larger than {MOST >> 20} MiB")
            yield piece

    async def aclose(self) -> None:
        await self._inner.aclose()


async def bound_body(response: httpx2.Response) -> None:
    """Bound the body of a response that is about to be read; for the client's event hooks."""
    assert isinstance(response.stream, httpx2.AsyncByteStream)  # the client is asynchronous
    response.stream = _Bounded(response.stream)

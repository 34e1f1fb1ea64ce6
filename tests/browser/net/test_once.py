"""What several ask for at once is done once."""

import asyncio

import pytest

from browser.net.once import Once
from research.errors import ReadingError


class Work:
    """Counts how often it is done; fails while `error` is set."""

    def __init__(self) -> None:
        self.done = 0
        self.error: ReadingError | None = None

    async def __call__(self) -> str:
        self.done += 1
        await asyncio.sleep(0.02)
        if self.error:
            raise self.error
        return f"result {self.done}"


async def test_those_who_ask_at_once_get_one_result() -> None:
    work, once = Work(), Once[str]()
    assert (
        await asyncio.gather(*(once.do("a", work) for _ in range(3)), once.do("b", work))
        == ["result 2"] * 4
    )
    assert work.done == 2
    assert await once.do("a", work) == "result 3"  # nothing is kept without room


async def test_what_is_kept_is_not_done_again_until_the_room_is_needed() -> None:
    work = Work()
    once = Once[str](room=16, size=len)
    assert [await once.do(key, work) for key in "abab"] == [
        "result 1",
        "result 2",
        "result 1",
        "result 2",
    ]
    assert [await once.do(key, work) for key in "cbca"] == [
        "result 3",
        "result 2",
        "result 3",
        "result 4",
    ]


async def test_an_error_is_shared_and_never_kept() -> None:
    work, once = Work(), Once[str](room=100, size=len)
    work.error = ReadingError(url="u", kind="timeout", reason="slow")
    results = await asyncio.gather(once.do("a", work), once.do("a", work), return_exceptions=True)
    assert list(results) == [work.error] * 2
    work.error = None
    assert await once.do("a", work) == "result 2"


async def test_one_who_no_longer_waits_does_not_stop_it_for_the_others() -> None:
    work, once = Work(), Once[str]()
    impatient = asyncio.create_task(once.do("a", work))
    patient = asyncio.create_task(once.do("a", work))
    await asyncio.sleep(0.005)
    impatient.cancel()
    assert await patient == "result 1"
    with pytest.raises(asyncio.CancelledError):
        await impatient


async def test_what_is_under_way_ends_with_its_owner() -> None:
    work, once = Work(), Once[str]()
    waiting = asyncio.create_task(once.do("a", work))
    await asyncio.sleep(0.005)
    await once.aclose()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_nothing_begins_once_it_is_closed() -> None:
    work, once = Work(), Once[str]()
    await once.aclose()
    with pytest.raises(RuntimeError):
        await once.do("a", work)
    assert work.done == 0

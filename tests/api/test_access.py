"""Who is let in without a key: nobody once there is one, whoever else asks at the same time."""

import asyncio

import pytest
from starlette.datastructures import Headers

from api.guarding import access
from api.guarding.access import Access
from research.access.keys import create_key
from research.domain import Caller
from research.errors import KeyRequired
from research.settings import Settings
from research.store.database import Store


async def together(service: Access) -> list[object]:
    asked = (service.caller(Headers({})) for _ in range(5))
    return await asyncio.gather(*asked, return_exceptions=True)


async def test_while_the_first_key_is_looked_for_nobody_comes_in(
    settings: Settings, store: Store
) -> None:
    assert await together(Access(settings, store, open_here=True)) == [Caller()] * 5
    await create_key(store, "laptop", tenant="acme", scopes=["research:read"])
    answers = await together(Access(settings, store, open_here=True))
    assert all(isinstance(one, KeyRequired) for one in answers)


async def test_where_keys_cannot_be_looked_for_nobody_comes_in(
    settings: Settings, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(store: Store) -> bool:
        raise ConnectionError("the database is away")

    monkeypatch.setattr(access, "any_key", away)
    service = Access(settings, store, open_here=True)
    for _ in range(2):
        assert all(isinstance(one, ConnectionError) for one in await together(service))

"""Libraries that one tenant lets another read: by grant, read only, and no longer than granted."""

from pathlib import Path

import httpx
import pytest

from browser.library.library import sync_library
from browser.surfer import Surfer
from research.access.grants import grant, revoke
from research.access.keys import create_key
from research.domain import SCOPES, SourceChoice
from research.errors import LibraryError, ReadingError, SearchFailed
from research.settings import Settings
from research.store.database import Store
from tests.api.conftest import Start
from tests.postgres import on_both

pytestmark = on_both
SHARED = "acme/handbook"
CHOICE = SourceChoice(web=False, libraries=(SHARED,))


@pytest.fixture
async def folder(store: Store, tmp_path: Path) -> Path:
    (tmp_path / "plan.md").write_text("# The plan\n\nThe plan of Acme costs nine crowns.\n")
    await sync_library(store.of("acme"), "handbook", tmp_path / "plan.md")
    return tmp_path


async def test_a_grant_is_needed_at_the_door(start: Start, store: Store, folder: Path) -> None:
    service = await start(None)
    key = await create_key(store, "k", tenant="umbrella", scopes=SCOPES)
    headers = {"Authorization": f"Bearer {key}"}

    async def asked(*, web: bool = False) -> httpx.Response:
        sources = {"libraries": [SHARED], "web": web}
        body = {"question": "What does the plan cost?", "sources": sources}
        return await service.client.post("/v1/research", json=body, headers=headers)

    async def listed() -> list[str]:
        answer = await service.client.get("/v1/libraries", headers=headers)
        return [library["name"] for library in answer.json()["items"]]

    assert (await asked()).json()["code"] == "library_error" and await listed() == []
    await grant(store.of("acme"), "handbook", "umbrella")
    assert (await asked()).status_code == 202 and await listed() == [SHARED]
    refused = await asked(web=True)
    assert refused.json()["code"] == "private_source_refused"  # as private as for its owner
    assert SHARED in (await service.client.get("/", headers=headers)).text
    await revoke(store.of("acme"), "handbook", "umbrella")
    assert (await asked()).json()["code"] == "library_error" and await listed() == []


async def test_a_run_reads_what_is_shared_while_it_is(
    settings: Settings, store: Store, folder: Path
) -> None:
    await grant(store.of("acme"), "handbook", "umbrella")
    with pytest.raises(LibraryError, match="none of that name"):
        async with Surfer(settings, store.of("initech"), CHOICE):
            pass
    async with Surfer(settings, store.of("umbrella"), CHOICE) as surfer:
        (url,) = surfer.documents()
        (read,) = await surfer.open([url])
        assert not isinstance(read, ReadingError) and read.private
        assert (await surfer.search(["plan cost"], 3)).hits
        await revoke(store.of("acme"), "handbook", "umbrella")
        (refused,) = await surfer.open([url])
        assert isinstance(refused, ReadingError) and refused.kind == "blocked"
        with pytest.raises(SearchFailed, match="not shared any more"):
            await surfer.search(["plan cost"], 3)


async def test_what_is_shared_is_not_changed(store: Store, folder: Path) -> None:
    await grant(store.of("acme"), "handbook", "umbrella")
    other = store.of("umbrella")
    with pytest.raises(LibraryError, match="read only"):
        await sync_library(other, SHARED, folder / "plan.md", private=False)
    with pytest.raises(LibraryError, match="read only"):
        await other.put_library(SHARED, path=None, private=False)
    for tenant in ("umbrella", "initech"):
        with pytest.raises(LibraryError, match="has none of that name"):
            await grant(store.of(tenant), SHARED, "initech")
    library = await store.of("acme").library("handbook")
    assert library is not None and library.private

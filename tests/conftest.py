"""What all tests share: settings of their own, a store, no network but loopback."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import settings as examples

from research.settings import Settings, load_settings
from research.store.database import Store

pytest_plugins = ["tests.postgres"]
examples.register_profile("busy machines", deadline=None)
examples.load_profile("busy machines")


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of the machine reaches a test, and no test writes where a user's data is."""
    import os

    for name in [name for name in os.environ if name.startswith("LEADLINE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("LEADLINE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("LEADLINE_PAGE_CACHE_DAYS", "0")
    monkeypatch.setenv("LEADLINE_EMBEDDING_WEIGHTS", str(tmp_path / "no-embedding-model"))


@pytest.fixture
def settings(database: str) -> Settings:
    return load_settings()


@pytest.fixture
async def store(settings: Settings) -> AsyncIterator[Store]:
    async with Store.open(settings.database) as opened:
        yield opened

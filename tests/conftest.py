"""What all tests share: settings of their own, a store, no network but loopback."""

import gc
from collections.abc import AsyncIterator
from pathlib import Path
from shutil import copyfile

import pytest
from hypothesis import settings as examples
from sqlalchemy.engine import make_url
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from research.settings import Settings, load_settings
from research.store.condition.private_files import private_database
from research.store.database import Store
from research.store.schema import migrate

# whose tests share what one of them begins
TOGETHER = ["tests/acceptance/test_faults.py"]
pytest_plugins = ["tests.postgres"]
examples.register_profile("busy machines", deadline=None)
examples.load_profile("busy machines")


class OneByOne(LoadScopeScheduling):
    """Each test goes to the process that is free next, but those of the `TOGETHER` files."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return file if file in TOGETHER else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> OneByOne:
    return OneByOne(config, log)


def pytest_collection_finish() -> None:
    """What was imported stays: the garbage collector need not look through it again and again."""
    gc.collect()
    gc.freeze()


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


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite database with the newest schema, to be copied."""
    file = tmp_path_factory.mktemp("schema") / "leadline.db"
    migrate(f"sqlite+aiosqlite:///{file}")
    return file


@pytest.fixture
async def store(settings: Settings, migrated_file: Path) -> AsyncIterator[Store]:
    url = make_url(settings.database)
    if url.get_backend_name() == "sqlite":
        file = Path(url.database or "")
        private_database(file)
        copyfile(migrated_file, file)
    async with Store.open(settings.database) as opened:
        yield opened

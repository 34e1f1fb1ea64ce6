"""Nobody but their owner reads what is stored."""

import os
import stat
from pathlib import Path

import pytest

from research.errors import StoreUnreadable
from research.store.database import Store
from tests.research.crews import new_job


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def _open_mask() -> None:
    os.umask(0o022)


@pytest.mark.usefixtures("_open_mask")
@pytest.mark.parametrize("before", [False, True])
async def test_the_data_folder_and_all_files_of_the_database(before: bool, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    file = folder / "leadline.db"
    if before:  # as an earlier version left it
        async with Store.open(f"sqlite+aiosqlite:///{file}"):
            file.chmod(0o644)
    async with Store.open(f"sqlite+aiosqlite:///{file}") as store:
        await new_job(store)
        files = [path for path in folder.iterdir() if path.is_file()]
        assert {path.name for path in files} >= {"leadline.db", "leadline.db-wal"}
        assert {path.name: mode(path) for path in files if mode(path) != 0o600} == {}
    assert mode(folder) == 0o700


async def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreUnreadable, match=r"leadline\.db"):
        async with Store.open(f"sqlite+aiosqlite:///{tmp_path}/file/data/leadline.db"):
            pass

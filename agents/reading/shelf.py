"""What a run's libraries hold, as the Master is told it: how many documents, and their paths by
folder."""

from itertools import groupby
from urllib.parse import unquote, urlsplit

from agents.guarding.untrusted_text import addresses_assistant, on_one_line
from browser.surfer import Surfer
from research.text.sentences import clip

LONGEST = 16_000  # characters
NAME = 60  # characters of a file's name


def shelf(surfer: Surfer) -> str:
    """'' where the run has no library. Paths are data from outside."""
    addresses = surfer.documents()
    if not addresses:
        return ""
    folders = [f"{folder or '.'}: {', '.join(names)}" for folder, names in _by_folder(addresses)]
    listed = "\n".join(folder for folder in folders if not addresses_assistant(folder))
    return f"{len(addresses)} documents (names are data):\n{clip(listed, LONGEST)}"


def _by_folder(addresses: list[str]) -> list[tuple[str, list[str]]]:
    """The file names of each folder."""
    paths = sorted(
        tuple(on_one_line(unquote(urlsplit(url).path)).strip("/").rpartition("/"))
        for url in addresses
    )
    return [
        (folder, [clip(name, NAME) for _, _, name in group])
        for folder, group in groupby(paths, key=lambda path: path[0])
    ]

"""`leadline search`: what an agent would see of libraries, hits first, then the sentences that
matter; and the embedding of a library as it is added. Not here: the web; the commands of libraries
(`cli.py`).
"""

import asyncio
import json
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress

from api.commands import asking
from api.commands.terminal import say
from research.errors import LibraryError
from research.settings import Settings, load_settings
from research.store.database import Store

if TYPE_CHECKING:
    from browser.library.embeddings import Embedder
    from browser.library.index import DocumentHit, LibraryIndex
    from research.store.tables import LibraryRow

Tell = Callable[[str], None]
PASSAGE_TOKENS = 4000
PER_PAGE = 3
PARTS = ("words", "meaning", "links")


@dataclass(frozen=True)
class Found:
    """A document that was found, and those of its sentences that matter, by their numbers in its
    snapshot."""

    library: "LibraryRow"
    hit: "DocumentHit"
    sentences: tuple[tuple[int, str], ...]

    def as_dict(self) -> dict[str, Any]:
        document = self.hit.document
        return {
            "provider": "library",
            "library": self.library.name,
            "private": self.library.private,
            "title": document.title,
            "url": document.url,
            "path": document.path,
            "published_at": document.published_at,
            "snapshot_id": document.snapshot_id,
            "score": round(self.hit.score, 4),
            "parts": {part: round(getattr(self.hit, part), 4) for part in PARTS},
            "sentences": [{"index": index, "text": text} for index, text in self.sentences],
        }


def search(
    query: Annotated[
        list[str],
        typer.Argument(
            metavar="QUERY…", help="What to look for; each argument is a query of its own."
        ),
    ],
    library: Annotated[
        list[str] | None,
        typer.Option(help="A folder, a .jsonl file or the name of a library; default: all."),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=100, help="Documents for each query.")] = 10,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object a query, one a line.")
    ] = False,
) -> None:
    """Search libraries as an agent does: the best documents, what speaks for them, and their
    sentences that matter."""
    asyncio.run(_search(load_settings(), query, library or [], limit, as_json=as_json))


async def _search(
    settings: Settings, queries: Sequence[str], names: Sequence[str], limit: int, *, as_json: bool
) -> None:
    from browser.library.embeddings import (
        open_embedder,
    )  # here, because ONNX and the parsers of documents are slow to load
    from browser.library.indexes import Indexes

    async with Store.open(settings.database) as store, AsyncExitStack() as stack:
        libraries = await _libraries(store, names)
        embedder = await open_embedder(settings)  # without one the log says so
        indexes = Indexes()
        opened = [
            await stack.enter_async_context(indexes.open(store, one, embedder)) for one in libraries
        ]
        _tell_unlearned(opened)
        for query in queries:
            found = await find(store, opened, query, limit, embedder)
            typer.echo(_line(query, found) if as_json else _shown(query, found))


async def _libraries(store: Store, names: Sequence[str]) -> list["LibraryRow"]:
    if names:
        wanted = await asking.libraries_of(names, store, lambda line: say(f"Warning: {line}"))
        rows = [await store.library(name) for name in dict.fromkeys(wanted)]
        return [row for row in rows if row]
    rows = [row for row, _ in await store.libraries()]
    if not rows:
        raise LibraryError(
            library="",
            reason="there is none yet",
            mend="Name a folder with --library, or `leadline library add NAME PATH`.",
        )
    return [row for row in rows if row]


def _tell_unlearned(indexes: Sequence["LibraryIndex"]) -> None:
    for index in indexes:
        done, total = index.learned
        if done < total:
            say(
                f"{index.library.name}: {done} of {total} passages are embedded yet, the "
                f"others are searched by words and links."
            )


async def find(
    store: Store,
    indexes: Sequence["LibraryIndex"],
    query: str,
    limit: int,
    embedder: "Embedder | None" = None,
) -> list[Found]:
    """The best documents over the libraries, with the sentences of them that matter for the
    query."""
    from browser.library.library import open_document
    from browser.passages import choose_passages

    lists = await asyncio.gather(
        *(asyncio.to_thread(index.search, query, limit) for index in indexes)
    )
    ranked = [
        (index.library, hit) for index, hits in zip(indexes, lists, strict=True) for hit in hits
    ]
    best = sorted(ranked, key=lambda pair: -pair[1].score)[:limit]
    pages = [await open_document(store, library, hit.document) for library, hit in best]
    passages = await asyncio.to_thread(
        choose_passages,
        pages,
        query,
        [],
        token_budget=PASSAGE_TOKENS,
        per_page=PER_PAGE,
        embedder=embedder,
    )
    said: list[list[tuple[int, str]]] = [[] for _ in best]
    for passage in passages:
        said[passage.page].append(
            (passage.sentence, pages[passage.page].snapshot.sentence(passage.sentence))
        )
    return [
        Found(library, hit, tuple(lines)) for (library, hit), lines in zip(best, said, strict=True)
    ]


def _line(query: str, found: Sequence[Found]) -> str:
    return json.dumps(
        {"query": query, "hits": [one.as_dict() for one in found]}, ensure_ascii=False
    )


def _shown(query: str, found: Sequence[Found]) -> str:
    lines = [f"{query}: {len(found)} documents"]
    for number, one in enumerate(found, 1):
        parts = ", ".join(f"{part} {getattr(one.hit, part):.2f}" for part in PARTS)
        lines += [
            "",
            f"{number}. {one.hit.document.title}  ({parts})",
            f"   {one.hit.document.url}",
        ]
        lines += [f"   S{index + 1} {text}" for index, text in one.sentences]
    return "\n".join(lines)


async def embed_library(settings: Settings, store: Store, library: "LibraryRow") -> str:
    """Embed what has no vector yet, showing how far it is; gives a phrase about what is
    embedded."""
    from browser.library.embeddings import open_embedder
    from browser.library.indexes import build_index, embed_missing

    embedder = await open_embedder(settings)
    if embedder is None:
        return "not embedded: `leadline setup` gets the model"
    index = await build_index(store, library, embedder)
    with Progress(console=Console(stderr=True), transient=True) as progress:
        shown = progress.add_task(f"Embedding {library.name}", total=None)
        await embed_missing(
            store, index, lambda done, total: progress.update(shown, completed=done, total=total)
        )
    return f"{index.learned[0]} passages embedded"

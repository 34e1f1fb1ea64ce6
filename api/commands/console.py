"""How a running job looks in a terminal: a live picture where there is one, else a line an event.
On stderr; stdout is the report's.

What comes from pages is text here too: control characters never reach the terminal. Not here: what
the events add up to (`api/messages/follow.py`).
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from rich.columns import Columns
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.text import Text

from api.messages.follow import AgentProgress, Progress, step_text
from research.domain import Event
from research.text.sentences import clean_text, clip

_SOURCES_SHOWN = 4
_FOR_PROGRAMS = frozenset(
    {"model", "cause", "error"}
)  # of an event, what its other words say already
_COLOURS = {"finished": "green", "stopped": "yellow", "failed": "red", None: "cyan"}


class Display(Protocol):
    def show(self, event: Event) -> None: ...


@contextmanager
def display(console: Console, progress: Progress) -> Iterator[Display]:
    """The display that fits the console. `progress` holds what is known already; the display keeps
    it up."""
    if not console.is_terminal:
        yield _Lines(console, progress)
        return
    picture = _Picture(progress)
    with Live(console=console, get_renderable=picture.render, refresh_per_second=4, transient=True):
        yield picture


def plain(text: object, limit: int = 160) -> str:
    """One line of text without control characters."""
    return clip(" ".join(clean_text(str(text)).split()), limit)


class _Lines:
    def __init__(self, console: Console, progress: Progress) -> None:
        self._console = console
        self._progress = progress

    def show(self, event: Event) -> None:
        self._progress.apply(event)
        line = f"{event.at:%H:%M:%S} {event.type} {_told(event, self._progress)}".rstrip()
        self._console.print(Text(line), soft_wrap=True)


def _told(event: Event, progress: Progress) -> str:
    """What one event says, in a line."""
    data = event.data
    match event.type:
        case "plan":
            return plain(
                data.get("reason")
                if data.get("done")
                else f"{data.get('brief', '')} ({len(data.get('tasks', []))} tasks)"
            )
        case "agent.started":
            return plain(f"{data['task_id']} {data.get('role')}: {data.get('goal')}")
        case "agent.step":
            return plain(f"{data['task_id']} {step_text(data)}")
        case "agent.finished":
            return plain(f"{data['task_id']} {data.get('outcome')} {data.get('reason', '')}")
        case "todo":
            return plain(
                f"{data['task_id']} " + "; ".join(_item(item) for item in data.get("items", []))
            )
        case "context":
            return plain(
                f"{data.get('task_id')} history cut at {data.get('tokens', 0):,} tokens: "
                f"{data.get('strategy')} ({data.get('reason')})"
            )
        case "source":
            return plain(f"{data.get('title')} {data.get('url')}")
        case "claims":
            return f"{progress.claims} in all"
        case "model_call":
            return plain(f"{data.get('role')} {data.get('seconds', 0):.1f} s; {_spent(progress)}")
        case _:
            said = (str(value) for name, value in data.items() if name not in _FOR_PROGRAMS)
            return plain("; ".join(text for text in said if text not in ("", "None")))


def _item(item: dict[str, Any]) -> str:
    return f"[{item.get('status')}] {item.get('text')}"


def _spent(progress: Progress) -> str:
    left = progress.budget_left
    parts = [f"{progress.calls} calls", f"{progress.tokens:,} tokens"]
    names = [
        f"{max(0, left[name]):,.0f} {name}"
        for name in ("calls", "tokens", "seconds")
        if left.get(name) is not None
    ]
    return ", ".join(parts) + (f" (left: {', '.join(names)})" if names else "")


class _Picture:
    """The live picture: the plan, the agents side by side, the newest sources, what is spent and
    what is left."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._began = time.monotonic()

    def show(self, event: Event) -> None:
        self._progress.apply(event)

    def render(self) -> RenderableType:
        progress = self._progress
        seconds = time.monotonic() - self._began
        rows: list[RenderableType] = [
            Text.assemble((f"● {progress.phase}", "bold cyan"), (f"  {seconds:.0f} s", "dim"))
        ]
        if progress.brief:
            rows.append(Text(plain(progress.brief, 300), style="italic"))
        working = list(progress.agents.values())[-6:]
        if working:
            rows.append(Columns([_card(agent) for agent in working], equal=True))
        rows.extend(
            Text(f"  + {plain(title, 100)}", style="dim")
            for title in list(progress.sources.values())[-_SOURCES_SHOWN:]
        )
        rows.append(
            Text(f"{len(progress.sources)} sources, {progress.claims} claims; {_spent(progress)}")
        )
        rows.extend(
            Text(f"! {plain(note)}", style="yellow")
            for note in [*progress.floors, *progress.warnings][-3:]
        )
        return Group(*rows)


def _card(agent: AgentProgress) -> Panel:
    state = agent.outcome or f"step {agent.steps}"
    todo = "".join(f"\n{plain(_item(item), 60)}" for item in agent.todo[:6])
    body = Text.assemble(plain(agent.goal, 110), ("\n" + plain(agent.doing, 90), "dim"), todo)
    title = Text(f"{agent.role}, {state}" + (f", {agent.claims} claims" if agent.outcome else ""))
    return Panel(
        body,
        title=title,
        title_align="left",
        border_style=_COLOURS.get(agent.outcome, "cyan"),
        width=44,
    )

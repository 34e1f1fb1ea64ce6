"""The commands `leadline eval …`. The last line that a run prints on standard output is one JSON
object; progress goes to standard error.

Not here: what a suite does (`suites/rubrics.py`, `suites/citations.py`).
"""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NoReturn

import typer
from sqlalchemy.exc import SQLAlchemyError

from research.domain import Effort, Mode, SourceChoice
from research.errors import LeadlineError, SettingsError
from research.settings import load_settings

if TYPE_CHECKING:
    from evals.graders.scores import Outcome

app = typer.Typer(no_args_is_help=True, help="Grade reports, by judges or by their own promises.")
suites = typer.Typer(no_args_is_help=True, help="Run a suite.")
app.add_typer(suites, name="run")


def _tell(text: str) -> None:
    typer.echo(text, err=True)


def _finish(work: "Coroutine[Any, Any, Outcome]") -> "Outcome":
    """Run to the end; an error of ours is told with its mend, and the exit status is 1."""
    try:
        return asyncio.run(work)
    except LeadlineError as error:
        _fail(error)
    except SQLAlchemyError as error:
        _fail(SettingsError(name="LEADLINE_DATABASE_URL", reason=str(error).split("\n")[0]))


def _fail(error: LeadlineError) -> NoReturn:
    _tell(str(error))
    if error.mend:
        _tell(error.mend)
    raise typer.Exit(1)


@suites.command()
def rubrics(
    data: Annotated[Path, typer.Option(help="Tasks in the format of ResearchRubrics, one a line.")],
    reports: Annotated[
        Path | None, typer.Option(help="A folder of <sample_id>.md or <sample_id>.json.")
    ] = None,
    system: Annotated[
        str | None, typer.Option(help="`leadline`: have Leadline write the reports.")
    ] = None,
    judge: Annotated[
        str,
        typer.Option(help="The judge's model; `embedded` or nothing leaves it to the settings."),
    ] = "embedded",
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first tasks.")] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Keeps judgements, reports and results; a run goes on from there."),
    ] = None,
    binary: Annotated[bool, typer.Option("--binary", help="Partly met counts nothing.")] = False,
    repeats: Annotated[
        int, typer.Option(min=1, help="How often each criterion is judged; the mean counts.")
    ] = 1,
    batch: Annotated[
        int, typer.Option(min=1, max=20, help="Criteria in one call; one is the most accurate.")
    ] = 1,
    library: Annotated[
        list[str] | None, typer.Option(help="With --system: a library to read; repeat for more.")
    ] = None,
    web: Annotated[bool, typer.Option("--web", help="With --system: search the web.")] = False,
    effort: Annotated[Effort | None, typer.Option(help="With --system: how hard to try.")] = None,
    mode: Annotated[Mode, typer.Option(help="With --system: one agent or many.")] = "multi_agent",
) -> None:
    """Judge reports against weighted criteria. The score is Σ(w·m) / Σ(w where w > 0), the mean
    over tasks."""
    from evals.subjects.systems import Asked
    from evals.suites import rubrics as suite

    asked = Asked(SourceChoice(web=web, libraries=tuple(library or ())), mode, effort)
    ask = suite.Ask(data, reports, system, judge, limit, out, binary, repeats, batch, asked)

    async def work() -> "Outcome":
        return await suite.perform(ask, load_settings(), tell=_tell)

    typer.echo(_finish(work()).line())


@suites.command()
def ssrf(
    data: Annotated[
        Path,
        typer.Option(
            help="The SSRF cases of pydantic-ai as JSON: the file, or a folder with "
            "`ssrf_cases.json`."
        ),
    ],
    browser: Annotated[
        bool,
        typer.Option(
            "--browser/--no-browser", help="Also from inside Chromium, where there is one."
        ),
    ] = True,
) -> None:
    """Try to make the reader connect to private and metadata addresses: directly, by redirect, by
    DNS rebinding, from inside a page."""
    from evals.suites import ssrf as suite

    outcome = _finish(suite.run(suite.read_cases(data), browser=browser, tell=_tell))
    typer.echo(outcome.line())


@suites.command()
def injection(
    data: Annotated[
        Path | None,
        typer.Option(help="A folder with BIPIA's text attacks and/or bastion's injections."),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Only the first texts of each kind.")
    ] = None,
    judge: Annotated[
        Literal["honest", "obeys"],
        typer.Option(help="`obeys`: the judge, too, does what it reads."),
    ] = "honest",
) -> None:
    """Plant attacks in pages (ours, and those given) and have a model obey them in everything: what
    leaves, what is called, what the report then says."""
    from evals.falsehoods.attacks import own
    from evals.suites import injection as suite

    async def work() -> "Outcome":
        texts = suite.read_texts(data) if data else []
        kept = [
            text
            for some in (texts, own())
            for bad in (True, False)
            for text in [t for t in some if t.malicious == bad][:limit]
        ]
        if unready := suite.without_shell():
            _tell(f"no program is run: {unready}")
        return await suite.run(kept, tell=_tell, judge=judge)

    typer.echo(_finish(work()).line())


@suites.command()
def citations(
    reports: Annotated[
        list[str],
        typer.Argument(metavar="REPORT…", help="Ids of stored reports, or paths of Report JSON."),
    ],
    store: Annotated[
        str | None, typer.Option(help="The database's URL, in place of the settings' own.")
    ] = None,
    snapshots: Annotated[
        Path | None, typer.Option(help="Source JSON: a file, or a folder of such files.")
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with status 1 if anything is violated.")
    ] = False,
) -> None:
    """Check that reports hold what they promise: quotes, citations, Markdown, figures of
    quality."""
    from evals.suites import citations as suite

    async def work() -> "Outcome":
        settings = load_settings(database_url=store) if store else load_settings()
        cases = await suite.gather(reports, settings.database, snapshots)
        return await asyncio.to_thread(suite.run, cases, system="leadline", tell=_tell)

    outcome = _finish(work())
    typer.echo(outcome.line())
    if strict and outcome.metrics["violations"].value:
        raise typer.Exit(1)


@suites.command()
def retrieval(
    data: Annotated[
        Path, typer.Option(help="A folder of passages.jsonl[.gz] and questions.jsonl[.gz].")
    ],
    part: Annotated[
        Literal["all", "odd", "even"], typer.Option(help="Every second question only.")
    ] = "all",
    keep: Annotated[
        Path | None,
        typer.Option(
            help="A folder for the library and its vectors: a second run does not embed again."
        ),
    ] = None,
) -> None:
    """Search a closed corpus for the passages that together answer multi-hop questions, by the
    questions alone."""
    from evals.suites import retrieval as suite

    async def work() -> "Outcome":
        return await suite.perform(data, load_settings(), part=part, keep=keep, tell=_tell)

    typer.echo(_finish(work()).line())


@suites.command()
def qa(
    data: Annotated[
        Path,
        typer.Option(help="A folder of passages.jsonl[.gz] and questions.jsonl[.gz] with answers."),
    ],
    arms: Annotated[
        str, typer.Option(help="Names with commas between.")
    ] = "no_search,single_shot,react,multi_agent",
    limit: Annotated[int, typer.Option(min=1, help="So many of the questions.")] = 40,
    skip: Annotated[
        int, typer.Option(min=0, help="Leave out the first; those after the 40th are for trials.")
    ] = 0,
    seconds: Annotated[float, typer.Option(min=1, help="The most that a question may take.")] = 120,
    out: Annotated[
        Path | None,
        typer.Option(help="Keeps the library, the jobs and the results; a run goes on from there."),
    ] = None,
    label: Annotated[
        str,
        typer.Option(
            help="Names the state of Leadline that is measured; another label begins anew."
        ),
    ] = "leadline",
) -> None:
    """Answer multi-hop questions over a closed corpus: from memory, from one search, by one agent,
    by many; compared by question."""
    from evals.suites import qa as suite

    async def work() -> "Outcome":
        ask = suite.Ask(data, suite.arms_of(arms), limit, skip, seconds, out, label)
        return await suite.perform(ask, load_settings(), tell=_tell)

    typer.echo(_finish(work()).line())


@suites.command()
def extraction(
    data: Annotated[
        Path, typer.Option(help="A folder in the layout of the article extraction benchmark.")
    ],
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first pages.")] = None,
) -> None:
    """Find the main text of marked pages, beside trafilatura in the same run: shingles of four
    words, bags of words, pages a second."""
    from evals.suites import extraction as suite

    async def work() -> "Outcome":
        return await asyncio.to_thread(suite.run, list(suite.read_pages(data))[:limit], tell=_tell)

    typer.echo(_finish(work()).line())


@suites.command()
def verify(
    data: Annotated[
        Path,
        typer.Option(
            help="Labelled claims in the format of WiCE: a file, or a folder with `dev.jsonl`."
        ),
    ],
    model: Annotated[
        str,
        typer.Option(
            help="The model that judges; `embedded` or nothing leaves it to the settings."
        ),
    ] = "embedded",
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first claims.")] = None,
    items: Annotated[
        int | None, typer.Option(min=3, help="So many claims, drawn in equal parts of each label.")
    ] = None,
    seed: Annotated[int, typer.Option(help="With --items: draws others.")] = 0,
    batch: Annotated[
        int, typer.Option(min=1, max=20, help="Claims in one call of the embedded model.")
    ] = 1,
    out: Annotated[
        Path | None, typer.Option(help="Keeps judgements; a run goes on from there.")
    ] = None,
) -> None:
    """Judge labelled claims as the product does, beside the majority class and a lexical
    baseline."""
    from evals.suites import verify as suite

    async def work() -> "Outcome":
        ask = suite.Ask(data, model, limit, items, seed, batch, out)
        return await suite.perform(ask, load_settings(), tell=_tell)

    typer.echo(_finish(work()).line())


@suites.command()
def binding(
    data: Annotated[
        Path,
        typer.Option(help="A folder with a folder `wice`: labelled claims in the format of WiCE."),
    ],
    part: Annotated[
        Literal["all", "first", "second"],
        typer.Option(help="One half of the claims only, by a hash of their ids."),
    ] = "all",
) -> None:
    """Put true sentences, and the same with one figure or date altered, through the gates of a
    report with a scripted judge and writer."""
    from evals.suites import binding as suite

    typer.echo(_finish(suite.perform(data, part=part, tell=_tell)).line())


@app.command()
def mutate(
    report: Annotated[
        Path,
        typer.Argument(
            metavar="REPORT.json", help="A report as `leadline ask --json --out` writes it."
        ),
    ],
    out: Annotated[
        Path, typer.Option(help="A folder for `mutations.json`: what was changed, and who noticed.")
    ],
    seed: Annotated[int, typer.Option(help="Draws other statements and changes.")] = 0,
    count: Annotated[int, typer.Option(min=1, help="So many statements are made false.")] = 20,
    controls: Annotated[
        int | None,
        typer.Option(min=0, help="So many are left as they are; as many again if not told."),
    ] = None,
    store: Annotated[
        str | None,
        typer.Option(help="The URL of the run's database, in place of the settings' own."),
    ] = None,
) -> None:
    """Make statements of a report false and put them before its gates: how many do code and the
    judge of the settings catch?"""
    from evals.suites import mutate as suite

    async def work() -> "Outcome":
        settings = load_settings(database_url=store) if store else load_settings()
        return await suite.perform(
            suite.Ask(report, out, seed, count, controls), settings, tell=_tell
        )

    typer.echo(_finish(work()).line())

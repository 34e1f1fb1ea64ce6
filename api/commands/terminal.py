"""What every command says beside its result: on stderr, for stdout is the result's."""

import typer


def say(line: str) -> None:
    typer.echo(line, err=True)

"""What every command says beside its result: on stderr, for stdout is the result's."""

import typer

from research.secrets.redaction import redact


def say(line: str) -> None:
    typer.echo(redact(line), err=True)

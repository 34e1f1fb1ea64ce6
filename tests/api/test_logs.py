"""A log that may be handed on: no secret, and no value of a variable, which may be private text."""

import json
import subprocess
import sys

import pytest

CODE = """
import logging, os, structlog
from api.observing.logs import configure_logs
from research.settings import load_settings

load_settings()
configure_logs(form={form!r})

def fails(document):
    raise ValueError("the endpoint said " + os.environ["LEADLINE_MODEL_API_KEY"])

for log in (structlog.get_logger("leadline.x"), logging.getLogger("sqlalchemy")):
    try:
        fails("the text of a private document")
    except ValueError as error:
        log.error("it failed", exc_info=error)
structlog.get_logger("leadline.x").warning(
    "asked", url="https://me:word@host/v1", given={{"Authorization": "Bearer abcdef0123456789"}}, of=[RuntimeError(
        os.environ["LEADLINE_MODEL_API_KEY"])]
)
"""
SECRET = "sk-hidden-0123456789"


@pytest.mark.parametrize("form", ["json", "text"])
def test_neither_secrets_nor_variables_are_logged(
    form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEADLINE_MODEL_API_KEY", SECRET)
    done = subprocess.run(
        [sys.executable, "-c", CODE.format(form=form)], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("it failed") == 2 and "ValueError" in done.stderr
    for hidden in (SECRET, 'private document"', "me:word", "abcdef0123456789"):
        assert hidden not in done.stderr
    assert "the text of a private document" not in done.stderr.replace(
        'fails("the text of a private document")', ""
    )  # where a traceback shows the line of code
    if form == "json":
        lines = [json.loads(line) for line in done.stderr.splitlines()]
        assert len(lines) == 3 and all("locals" not in json.dumps(line) for line in lines)

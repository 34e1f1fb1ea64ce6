"""The house keeps its shape: one direction of import, import names nobody else claims, prompts that
render."""

import ast
import re
from importlib.metadata import packages_distributions
from pathlib import Path
from string import Template

import pytest

from agents.prompts import render

TOP = Path(__file__).parent.parent
MAY_IMPORT = {
    "research": set(),
    "browser": {"research"},
    "agents": {"research", "browser"},
    "api": {"research", "browser", "agents"},
    "evals": {"research", "browser", "agents"},
}


def _imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found.add(node.module.split(".")[0])
    return found


@pytest.mark.parametrize("folder", MAY_IMPORT)
def test_imports_go_one_way(folder: str) -> None:
    siblings = set(MAY_IMPORT) - {folder}
    files = list((TOP / folder).rglob("*.py"))
    assert files
    for path in files:
        strangers = (_imports(path) & siblings) - MAY_IMPORT[folder]
        assert not strangers, f"{path.relative_to(TOP)} imports {strangers}"


@pytest.mark.parametrize("folder", MAY_IMPORT)
def test_tests_stand_where_what_they_test_stands(folder: str) -> None:
    tests = TOP / "tests"
    for package in (tests / folder).rglob("__init__.py"):
        tested = package.parent.relative_to(tests)
        assert (TOP / tested).is_dir(), f"tests/{tested} tests a folder that is not there"


@pytest.mark.parametrize("name", MAY_IMPORT)
def test_no_dependency_claims_our_import_names(name: str) -> None:
    assert set(packages_distributions().get(name, [])) <= {"leadline"}


def test_the_lock_names_no_address() -> None:
    lock = (TOP / "requirements.lock").read_text(encoding="utf-8")
    assert "--hash=sha256:" in lock
    assert not re.search(r"https?://|--(extra-)?index-url|--find-links", lock)


@pytest.mark.parametrize(
    "prompt",
    sorted((TOP / "agents/prompts").rglob("*.md")),
    ids=lambda p: f"{p.parent.name}/{p.stem}",
)
def test_every_prompt_has_two_parts_and_its_twin_takes_the_same_values(prompt: Path) -> None:
    parts = prompt.read_text(encoding="utf-8").split("\n---\n")
    alone = prompt.parent.name == "prompts"  # one for all languages
    assert len(parts) == 2 or (alone and f"@{prompt.stem}" in _systems())
    values = dict.fromkeys(
        _identifiers(prompt)
        + _identifiers(prompt.with_name("writer.md") if parts[0].startswith("@") else prompt),
        "…",
    )
    system, user = render(prompt.stem, None if alone else prompt.parent.name, **values)  # type: ignore[arg-type]  # en or zh
    assert system["content"] and not Template(system["content"] + user["content"]).get_identifiers()
    if alone:
        return
    twin = prompt.parent.parent / ("zh" if prompt.parent.name == "en" else "en") / prompt.name
    assert _identifiers(prompt) == _identifiers(twin)


def _systems() -> set[str]:
    """What stands before the line of each prompt."""
    return {
        prompt.read_text(encoding="utf-8").split("\n---\n")[0].strip()
        for prompt in (TOP / "agents/prompts").glob("*.md")
    }


def _identifiers(prompt: Path) -> list[str]:
    return sorted(set(Template(prompt.read_text(encoding="utf-8")).get_identifiers()))


def test_migrations_are_one_line() -> None:
    steps = sorted((TOP / "research/store/migrations/versions").glob("[0-9]*_*.py"))
    numbers = [step.name.split("_")[0] for step in steps]
    assert numbers == [f"{n:04}" for n in range(1, len(steps) + 1)]
    for before, number, step in zip([None, *numbers], numbers, steps, strict=False):
        text = step.read_text(encoding="utf-8")
        assert f'\nrevision = "{number}"\n' in text, step.name
        assert f"\ndown_revision = {before and chr(34) + before + chr(34)}\n" in text, step.name

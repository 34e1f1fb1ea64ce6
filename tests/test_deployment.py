"""The files that deploy Leadline: linted, complete, and closed where they say so."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from api.observing.metrics import Metrics
from browser.net.render import find_chromium

TOP = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
COMPOSE = TOP / "docker-compose.yml"
NAMED = re.compile(r"\$\{([A-Z_]+):\?")
# images are pinned by tag; a digest can only be taken from the registry that serves it
WITHOUT_DIGESTS = "rules:\n  CL-0019:\n    enabled: false\n    reason: pinned by tag\n"


def _services() -> dict[str, dict[str, Any]]:
    services: dict[str, dict[str, Any]] = yaml.safe_load(COMPOSE.read_text())["services"]
    return services


def _linted(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def test_compose_passes_its_linter(tmp_path: Path) -> None:
    rules = tmp_path / "rules.yml"
    rules.write_text(WITHOUT_DIGESTS)
    lint = [str(BIN / "compose-lint"), "check", "--config", str(rules), "--fail-on", "low"]
    done = _linted(*lint, str(COMPOSE))
    assert done.returncode == 0, done.stdout + done.stderr
    opened = tmp_path / "docker-compose.yml"
    opened.write_text(COMPOSE.read_text().replace("read_only: true", "privileged: true"))
    assert _linted(*lint, str(opened)).returncode != 0


@pytest.mark.skipif(not (BIN / "hadolint").exists(), reason="no hadolint for this machine")
def test_the_dockerfile_passes_its_linter() -> None:
    done = _linted(str(BIN / "hadolint"), str(TOP / "Dockerfile"))
    assert done.returncode == 0, done.stdout


def test_no_service_has_a_default_secret_and_the_example_names_those_that_are_needed() -> None:
    text = COMPOSE.read_text()
    example = (TOP / "docs/compose.env.example").read_text()
    needed = set(NAMED.findall(text))
    assert needed == {"LEADLINE_API_KEY", "POSTGRES_PASSWORD", "SEARXNG_SECRET"}
    assert needed <= set(re.findall(r"^([A-Z_]+)=$", example, re.MULTILINE))


@pytest.mark.parametrize("name", _services())
def test_a_service_is_closed_bounded_and_watched(name: str) -> None:
    service = _services()[name]
    assert service["read_only"] is True and service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory", "pids"}
    assert service["healthcheck"]["test"][0] == "CMD"
    assert "build" in service or service["user"].split(":")[0] not in ("0", "root")


def test_only_the_api_can_be_reached_and_the_database_reaches_nothing() -> None:
    services = _services()
    published = {name: service["ports"] for name, service in services.items() if "ports" in service}
    assert published == {"api": ["127.0.0.1:8321:8321"]}
    assert services["postgres"]["networks"] == services["llm"]["networks"] == ["inside"]
    assert yaml.safe_load(COMPOSE.read_text())["networks"]["inside"]["internal"] is True


def test_what_the_guide_and_its_alerts_name_is_counted() -> None:
    guide = (TOP / "docs/deploy.md").read_text()
    counted = {
        sample
        for metric in Metrics().registry.collect()
        for sample in (
            metric.name,
            *(f"{metric.name}_{end}" for end in ("total", "bucket", "count")),
        )
    }
    named = set(re.findall(r"\bleadline_[a-z_]+", guide))
    assert named and not named - counted


# Loads the profile into itself, tries what it forbids, and becomes the command
CONFINED = """
import ctypes, json, os, sys
import pyseccomp
profile = json.load(open(sys.argv[1]))
assert profile["defaultAction"] == "SCMP_ACT_ALLOW"
rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
for group in profile["syscalls"]:
    for name in group["names"]:
        try:
            rules.add_rule(pyseccomp.ERRNO(group["errnoRet"]), name)
        except (OSError, ValueError, RuntimeError):
            pass  # this machine has no such call
rules.load()
libc = ctypes.CDLL(None, use_errno=True)
assert libc.swapon(b"/nowhere", 0) == -1 and ctypes.get_errno() == 1, "it forbids nothing"
os.execv(sys.argv[2], sys.argv[2:])
"""


def _confined(*command: str) -> subprocess.CompletedProcess[str]:
    """Run a command as a worker under Compose runs it: a user of its own, no capabilities, no new
    privileges, without the system calls that the profile forbids."""
    user = ["--reuid=65534", "--regid=65534", "--clear-groups", "--bounding-set=-all"]
    less = ["/usr/bin/setpriv", *(user if os.geteuid() == 0 else []), "--inh-caps=-all"]
    started = [sys.executable, "-c", CONFINED, str(TOP / "docs/seccomp.json"), *less]
    return _linted(*started, "--no-new-privs", "--", *command)


def test_the_sandbox_works_without_the_system_calls_that_the_profile_forbids() -> None:
    system = ("--ro-bind", "/usr", "/usr", "--symlink", "usr/lib", "/lib")
    more = ("--symlink", "usr/lib64", "/lib64", "--proc", "/proc", "--dev", "/dev")
    apart = ("--unshare-all", "--unshare-user", "--disable-userns", "--die-with-parent")
    done = _confined("/usr/bin/bwrap", *apart, *system, *more, "--", "/usr/bin/id", "-u")
    assert done.returncode == 0 and done.stdout.strip() == "65534", done.stderr


@pytest.mark.browser
def test_chromium_works_in_its_own_sandbox_without_them() -> None:
    chromium = find_chromium()
    assert chromium is not None
    home = Path(tempfile.mkdtemp(dir="/tmp"))
    home.chmod(0o777)
    try:
        quiet = ("--disable-gpu", "--no-first-run", "--disable-background-networking")
        page = "data:text/html,<p>deep</p>"
        done = _confined(chromium, *quiet, f"--user-data-dir={home}", "--dump-dom", page)
    finally:
        shutil.rmtree(home, ignore_errors=True)
    assert done.returncode == 0 and "<p>deep</p>" in done.stdout, done.stderr

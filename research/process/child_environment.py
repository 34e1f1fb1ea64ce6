"""What a child process is given of our environment: what it needs to run, and no key or setting."""

import os

_NEEDED = frozenset(
    "PATH HOME USER LOGNAME TMPDIR TEMP TMP TZ LANG LANGUAGE LD_LIBRARY_PATH SSL_CERT_FILE "
    "SSL_CERT_DIR SYSTEMROOT WINDIR LOCALAPPDATA APPDATA USERPROFILE PATHEXT".split()
)
_FAMILIES = ("LC_", "XDG_", "FONTCONFIG_", "PLAYWRIGHT_")


def child_environment() -> dict[str, str]:
    return {
        name: value
        for name, value in os.environ.items()
        if name in _NEEDED or name.startswith(_FAMILIES)
    }

"""`leadline read` as people run it: files without any network, pages, and what cannot be read."""

import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.api.test_cli import leadline

PAGE = """<html><head><title>The Skerry light</title><meta name="author" content="Ada Quill"></head><body><nav>Home</nav><article>
<h1>The Skerry light</h1><p>The lighthouse was first lit in 1871 and stands 48 metres above the sea.</p>
<h2>Visitors</h2><p>Some 14,000 visitors climb the stairs each year, and the tower is closed in winter.</p></article></body></html>"""
FIELDS = """reading_id snapshot_id url canonical_url title site author published_at fetched_at media_type via raw_sha256
extractor authority standing text sentences notes""".split()


@pytest.fixture
def site() -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = self.path == "/light"
            data = PAGE.encode() if found else b"no"
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_files_are_read_without_a_network(tmp_path: Path) -> None:
    captured = tmp_path / "captured.html"
    captured.write_text(PAGE)
    done = leadline("read", str(captured), str(tmp_path / "none.pdf"), "--json")
    assert done.returncode == 0 and "not_found" in done.stderr
    (line,) = done.stdout.splitlines()
    source = json.loads(line)
    assert list(source) == FIELDS
    assert (source["via"], source["title"], source["author"]) == (
        "file",
        "The Skerry light",
        "Ada Quill",
    )
    assert source["snapshot_id"] == hashlib.sha256(source["text"].encode()).hexdigest()
    assert source["raw_sha256"] == hashlib.sha256(PAGE.encode()).hexdigest()
    sentences = [source["text"][start:end] for start, end in source["sentences"]]
    assert (
        sentences[0] == "The lighthouse was first lit in 1871 and stands 48 metres above the sea."
    )
    assert not (tmp_path / "data").exists()


def test_a_page_as_text_and_errors_by_kind(site: str, tmp_path: Path) -> None:
    own = {"LEADLINE_ALLOW_HOSTS": site, "LEADLINE_CACHE_DIR": str(tmp_path / "cache")}
    done = leadline(
        "read",
        f"http://{site}/light",
        f"http://{site}/gone",
        "http://169.254.169.254/latest",
        **own,
    )
    assert done.returncode == 0
    assert (
        done.stdout.startswith("# The Skerry light\n")
        and "read: http, text/html, leadline-html/" in done.stdout
    )
    assert "S1 The lighthouse was first lit in 1871" in done.stdout and "[Visitors]" in done.stdout
    assert "(not_found)" in done.stderr and "(forbidden_address)" in done.stderr
    done = leadline("read", f"http://{site}/gone", "http://10.0.0.1/", **own)
    assert (done.returncode, done.stdout) == (1, "")
    done = leadline("read", f"http://{site}/light", LEADLINE_CACHE_DIR=str(tmp_path / "cache"))
    assert done.returncode == 1 and "(forbidden_address)" in done.stderr

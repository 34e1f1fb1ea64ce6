"""Research on the web: a small one on loopback, found through a search server in SearXNG's format."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.acceptance.conftest import Leadline

PAGE = """<!doctype html><html lang="en"><head><title>{title}</title><meta name="author" content="Ada Quill">
<meta property="article:published_time" content="2024-05-06"></head><body><nav>Home | About | Contact us today</nav>
<article><h1>{title}</h1>{paragraphs}</article><footer>All rights reserved by the harbour office</footer></body></html>"""
PAGES = {
    "/trench": ("The Kestrel Trench", "The depth of the Kestrel Trench is 7,420 metres, as the survey ship Merle found in 2021."),
    "/dispute": ("A deeper trench", "The depth of the Kestrel Trench is 7,510 metres according to the older chart of the harbour office."),
}
FILLER = "The harbour office publishes notices for mariners every week, and keeps them in an archive that anyone may read. " * 6
CHALLENGE = "<html><head><title>Just a moment...</title></head><body>Checking your browser. cf-chl Enable JavaScript.</body></html>"


@pytest.fixture
def web() -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            host = f"http://127.0.0.1:{self.server.server_address[1]}"
            path = self.path.split("?")[0]
            if path == "/search":
                found = [{"url": host + where, "title": about[0], "content": about[1][:60]} for where, about in PAGES.items()]
                found.append({"url": f"{host}/challenge", "title": "Kestrel Trench", "content": "depth of the Kestrel Trench"})
                found.append({"url": "http://169.254.169.254/latest", "title": "Kestrel Trench", "content": "depth"})
                return self._send("application/json", json.dumps({"results": found, "unresponsive_engines": []}))
            if path in PAGES:
                title, text = PAGES[path]
                return self._send("text/html; charset=utf-8", PAGE.format(title=title, paragraphs=f"<p>{text}</p><p>{FILLER}</p>"))
            if path == "/challenge":
                return self._send("text/html", CHALLENGE, 403)
            return self._send("text/plain", "", 404)

        def _send(self, kind: str, text: str, status: int = 200) -> None:
            data = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", kind)
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


def test_pages_are_found_read_and_cited(leadline: Leadline, web: str, tmp_path: Path) -> None:
    own = {"LEADLINE_SEARCH": "searxng", "LEADLINE_SEARXNG_URL": f"http://{web}", "LEADLINE_ALLOW_HOSTS": web}
    leadline.environment.update(own)
    done = leadline.run("ask", "What is the depth of the Kestrel Trench?", "--web", "--effort", "quick", "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["status"] == "complete"
    assert {source["url"] for source in report["sources"]} == {f"http://{web}{path}" for path in PAGES}
    assert {source["author"] for source in report["sources"]} == {"Ada Quill"}
    assert len(report["contradictions"]) == 1
    assert "Just a moment" not in report["markdown"]
    assert "169.254" not in report["markdown"]


def test_a_search_that_nobody_answers_is_an_error_and_no_lack_of_evidence(leadline: Leadline, web: str) -> None:
    leadline.environment.update({"LEADLINE_SEARCH": "searxng", "LEADLINE_SEARXNG_URL": "http://127.0.0.1:9"})
    done = leadline.run("ask", "What is the depth of the Kestrel Trench?", "--web", "--effort", "quick")
    assert done.returncode == 1
    assert "No search provider answered" in done.stderr
    leadline.environment.update({"LEADLINE_SEARXNG_URL": f"http://{web}", "LEADLINE_ALLOW_HOSTS": web})
    resumed = leadline.run("resume", done.stdout.split()[0], "--json")
    assert resumed.returncode == 0, resumed.stderr
    assert json.loads(resumed.stdout)["sources"]

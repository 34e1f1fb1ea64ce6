"""A small web on loopback: a search server in SearXNG's form, pages, and a record of every request.

It serves what it is given and nothing else. Not here: what the pages say."""

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAGE = """<!doctype html><html lang="en"><head><title>{title}</title></head><body>
<article><h1>{title}</h1>{paragraphs}</article></body></html>"""


@dataclass
class SmallWeb:
    """`pages` are title and paragraphs by path, `delay` the seconds before a page is sent; every page is found by every search.
    `requests` are the targets asked for, with their query."""

    pages: Mapping[str, tuple[str, tuple[str, ...]]]
    delay: float = 0.0
    requests: list[str] = field(default_factory=list)
    place: str = ""

    def answer(self, target: str) -> tuple[int, str, str]:
        """Status, media type and text of an answer."""
        path = target.split("?")[0]
        if path == "/search":
            found = [{"url": f"http://{self.place}{at}", "title": page[0], "content": page[1][0][:80]} for at, page in self.pages.items()]
            return 200, "application/json", json.dumps({"results": found, "unresponsive_engines": []})
        if path in self.pages:
            time.sleep(self.delay)
            title, paragraphs = self.pages[path]
            text = "".join(f"<p>{escape(paragraph)}</p>" for paragraph in paragraphs)
            return 200, "text/html; charset=utf-8", PAGE.format(title=escape(title), paragraphs=text)
        return 404, "text/plain", ""


@contextmanager
def serving_pages(web: SmallWeb) -> Iterator[SmallWeb]:
    """Serve it on a free port of loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            web.requests.append(self.headers.get("Host", "") + self.path)
            status, kind, text = web.answer(self.path)
            data = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    web.place = f"127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield web
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

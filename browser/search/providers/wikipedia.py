"""Wikipedia's own search, in the language of the query; no key. It has no filter of dates."""

from typing import Any
from urllib.parse import quote, urlsplit

import httpx

from browser.search.limits import QueryLimit
from browser.search.providers.base import HttpProvider, plain, provider_failed
from browser.types import Hit, Query

MOST = 50


class Wikipedia(HttpProvider):
    name = "wikipedia"
    longest = QueryLimit(characters=300)
    base_url = "https://{language}.wikipedia.org"

    def request(self, query: Query, limit: int, key: str) -> httpx.Request:
        """`siteinfo` comes along because the answer must tell by itself which wiki it is of."""
        params: dict[str, str | int] = {
            "action": "query",
            "format": "json",
            "formatversion": 2,
            "list": "search",
            "meta": "siteinfo",
            "srsearch": query.text,
            "srlimit": min(limit, MOST),
            "srprop": "snippet",
        }
        return httpx.Request(
            "GET", f"{self.url.format(language=query.language)}/w/api.php", params=params
        )

    def parse(self, payload: Any) -> list[Hit]:
        """Errors answer 200 as well. An article's last edit is no date of publication, so there is
        none."""
        if isinstance(payload, dict) and isinstance(payload.get("error"), dict):
            raise provider_failed(
                self.name, plain(payload["error"].get("info"))[:200] or "its answer is an error"
            )
        rows = self.rows(payload, "query", "search")
        general = payload["query"].get("general")
        base = urlsplit(str(general.get("base", "")) if isinstance(general, dict) else "")
        if not base.hostname:
            raise provider_failed(self.name, "its answer does not tell which wiki it is of")
        where = f"{base.scheme or 'https'}://{base.netloc}/wiki/"
        hits = [
            self.hit(where + _path(row.get("title")), row.get("title"), row.get("snippet"))
            for row in rows
        ]
        return [hit for hit in hits if hit]


def _path(title: object) -> str:
    return quote(str(title).replace(" ", "_"), safe=":/()',")

"""StepFun's web search, with a key (`LEADLINE_SEARCH_KEY__STEPFUN`). It has no filters of dates or
language.

The page's whole content comes with its answers and is not used: what is cited is opened. Its `time`
is when a page was indexed, so it is no date of publication.
"""

from typing import Any

import httpx

from browser.search.limits import QueryLimit
from browser.search.providers.base import HttpProvider
from browser.types import Hit, Query

MOST = 20


class StepFun(HttpProvider):
    name = "stepfun"
    longest = QueryLimit(characters=2000)
    base_url = "https://api.stepfun.com/v1"
    needs_key = True

    def request(self, query: Query, limit: int, key: str) -> httpx.Request:
        body = {"query": query.text, "n": min(limit, MOST)}
        return httpx.Request(
            "POST", f"{self.url}/search", json=body, headers={"Authorization": f"Bearer {key}"}
        )

    def parse(self, payload: Any) -> list[Hit]:
        return self.hits(self.rows(payload, "results"), url="url", title="title", snippet="snippet")

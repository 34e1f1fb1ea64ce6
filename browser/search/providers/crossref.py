"""Crossref: what scholarly publishers registered, by DOI; no key."""

from typing import Any

import httpx

from browser.search.providers.base import HttpProvider, plain, provider_failed
from browser.types import Hit, Query

MOST = 100
FIELDS = "DOI,URL,title,abstract,issued,container-title,publisher"


class Crossref(HttpProvider):
    name = "crossref"
    base_url = "https://api.crossref.org"
    pause = 0.2

    def request(self, query: Query, limit: int, key: str) -> httpx.Request:
        params: dict[str, str | int] = {
            "query": query.text,
            "rows": min(limit, MOST),
            "select": FIELDS,
        }
        bounds = [("from-pub-date", query.after), ("until-pub-date", query.before)]
        dates = ",".join(f"{name}:{day.isoformat()}" for name, day in bounds if day)
        if dates:
            params["filter"] = dates
        return httpx.Request("GET", f"{self.url}/works", params=params)

    def parse(self, payload: Any) -> list[Hit]:
        if isinstance(payload, dict) and payload.get("status") not in (None, "ok"):
            raise provider_failed(self.name, "its answer is an error")
        hits = [self._hit(row) for row in self.rows(payload, "message", "items")]
        return [hit for hit in hits if hit]

    def _hit(self, row: dict[str, Any]) -> Hit | None:
        url = row.get("URL") or (f"https://doi.org/{row['DOI']}" if row.get("DOI") else "")
        where = plain(_first(row.get("container-title"))) or plain(row.get("publisher"))
        return self.hit(
            url,
            _first(row.get("title")),
            plain(row.get("abstract")) or where,
            _issued(row.get("issued")),
        )


def _first(value: object) -> object:
    return value[0] if isinstance(value, list) and value else value


def _issued(value: Any) -> str | None:
    """`{"date-parts": [[2024, 3]]}` as 2024-03; None where the parts are missing."""
    parts = value.get("date-parts") if isinstance(value, dict) else None
    first = parts[0] if isinstance(parts, list) and parts and isinstance(parts[0], list) else []
    numbers = [part for part in first if isinstance(part, int)]
    return (
        "-".join([f"{numbers[0]:04d}", *(f"{part:02d}" for part in numbers[1:3])])
        if numbers
        else None
    )

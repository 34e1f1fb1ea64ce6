"""Texts and readings of them, as tests need them."""

import hashlib

from research.domain import Reading, Snapshot, now
from research.store.records import reading_id
from research.text.sentences import sentence_spans


def snapshot_of(text: str) -> Snapshot:
    return Snapshot(
        id=hashlib.sha256(text.encode()).hexdigest(), text=text, sentences=sentence_spans(text)
    )


def reading_of(snapshot: Snapshot, url: str, *, job_id: str = "job", **other: str) -> Reading:
    """A reading of the text at an address, over HTTP unless `other` says so."""
    said = {"title": url, "site": "example.org", "media_type": "text/plain", "via": "http", **other}
    return Reading.model_validate(
        {
            "id": reading_id(job_id, url, snapshot.id),
            "job_id": job_id,
            "snapshot_id": snapshot.id,
            "url": url,
            "canonical_url": url,
            "fetched_at": now(),
            "raw_sha256": "0" * 64,
            "extractor": "test",
            **said,
        }
    )

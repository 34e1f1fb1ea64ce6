"""What every route is given: the store, the feed of events, the settings, and a way to wake the
worker. Kept on the application, made by `create_app`."""

from typing import Annotated

from fastapi import Depends, Request

from api.jobs import Worker
from research.settings import Settings
from research.store.database import Store
from research.store.feed import Feed


def _store(request: Request) -> Store:
    store: Store = request.app.state.store
    return store


def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


def _worker(request: Request) -> Worker | None:
    worker: Worker | None = request.app.state.worker
    return worker


def _feed(request: Request) -> Feed[bytes]:
    feed: Feed[bytes] = request.app.state.feed
    return feed


FeedGiven = Annotated[Feed[bytes], Depends(_feed)]
StoreGiven = Annotated[Store, Depends(_store)]
SettingsGiven = Annotated[Settings, Depends(_settings)]
WorkerGiven = Annotated[Worker | None, Depends(_worker)]

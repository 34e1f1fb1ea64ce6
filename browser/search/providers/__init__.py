"""Search providers: one module each. `configured` makes those the settings name.

A provider of the user's own joins by an entry point in the group `leadline.search_providers`: its
name there is its name in `LEADLINE_SEARCH`, and what it points to is called as `(base_url, key)`.
"""

from collections.abc import Callable
from importlib.metadata import entry_points

from browser.search.providers.arxiv import ArXiv
from browser.search.providers.base import HttpProvider, Provider, provider_failed
from browser.search.providers.brave import Brave
from browser.search.providers.crossref import Crossref
from browser.search.providers.duckduckgo import DuckDuckGo
from browser.search.providers.searxng import SearXNG
from browser.search.providers.serper import Serper
from browser.search.providers.stepfun import StepFun
from browser.search.providers.tavily import Tavily
from browser.search.providers.wikipedia import Wikipedia
from research.errors import SettingsError
from research.settings import Settings

__all__ = ["GROUP", "OWN", "HttpProvider", "Provider", "configured", "provider_failed"]

GROUP = "leadline.search_providers"
OWN: dict[str, type[HttpProvider]] = {
    made.name: made
    for made in (SearXNG, DuckDuckGo, Brave, Tavily, Serper, Wikipedia, ArXiv, Crossref, StepFun)
}
Make = Callable[[str | None, str | None], Provider]


def configured(settings: Settings) -> list[Provider]:
    """The providers in the settings' order; SearXNG only where its URL is set. Raises
    `SettingsError`."""
    made = [
        _make(name, settings)
        for name in settings.search
        if name != "searxng" or settings.searxng_url
    ]
    if not made:
        reason = "none of the search providers can be used; SearXNG needs its URL"
        raise SettingsError(name="LEADLINE_SEARXNG_URL", reason=reason)
    return made


def _make(name: str, settings: Settings) -> Provider:
    secret = settings.search_key.get(name)
    key = secret.get_secret_value() if secret else None
    base_url = settings.searxng_url if name == "searxng" else settings.search_base_url.get(name)
    own = OWN.get(name)
    if own is None:
        return _joined(name)(base_url, key)
    if own.needs_key and not key:
        raise SettingsError(
            name=f"LEADLINE_SEARCH_KEY__{name.upper()}",
            reason=f"the search provider {name} needs its key",
        )
    return own(base_url, key)


def _joined(name: str) -> Make:
    """A provider that another package brings. Raises `SettingsError`."""
    for point in entry_points(group=GROUP, name=name):
        try:
            make: Make = point.load()
        except (ImportError, AttributeError) as error:
            raise SettingsError(
                name="LEADLINE_SEARCH", reason=f"the provider {name!r} cannot be loaded: {error}"
            ) from error
        return make
    raise SettingsError(
        name="LEADLINE_SEARCH", reason=f"there is no provider {name!r}: {', '.join(OWN)}"
    )

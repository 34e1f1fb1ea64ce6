"""Search providers: one module each. `configured` makes those the settings name."""

from browser.providers.base import HttpProvider, Provider, provider_failed
from browser.providers.duckduckgo import DuckDuckGo
from browser.providers.searxng import SearXNG
from research.errors import SettingsError
from research.settings import Settings

__all__ = ["DuckDuckGo", "HttpProvider", "Provider", "SearXNG", "configured", "provider_failed"]


def configured(settings: Settings) -> list[Provider]:
    """The providers in the settings' order; SearXNG only where its URL is set. Raises `SettingsError`."""
    made: list[Provider] = []
    for name in settings.search:
        if name == "searxng":
            made.extend([SearXNG(settings.searxng_url)] if settings.searxng_url else [])
        elif name == "duckduckgo":
            made.append(DuckDuckGo())
        else:
            raise SettingsError(name="LEADLINE_SEARCH", reason=f"there is no provider {name!r}: searxng, duckduckgo")
    if not made:
        reason = "none of the search providers can be used; SearXNG needs its URL"
        raise SettingsError(name="LEADLINE_SEARXNG_URL", reason=reason)
    return made

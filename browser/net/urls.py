"""One spelling for the URLs of one page. Pure.

For telling pages apart (deduplication, one source in a report), not for fetching: the canonical
form drops what most sites ignore, and a few do not. Not here: what may be fetched (`guard.py`),
rel=canonical (a page must not say it is another).
"""

import re
from contextlib import suppress
from functools import lru_cache
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

DEFAULT_PORTS = {"http": 80, "https": 443}
TRACKING = re.compile(
    r"^(?:utm_\w+|mtm_\w+|pk_\w+|hsa_\w+|fbclid|gclid|gclsrc|dclid|gbraid|wbraid|msclkid|yclid|twclid|ttclid|li_fat_id|igshid|igsh"
    r"|mc_cid|mc_eid|_ga|_gl|_hsenc|_hsmi|mkt_tok|oly_\w+_id|vero_id|wickedid|ref_src|ref_url|cmpid|ncid|sr_share|spm|scm"
    r"|share_token|share_source|share_medium|from_source|spm_id_from|vd_source|bd_vid|srsltid|trk|at_medium|at_campaign|cvid|ocid|amp|outputtype)$",
    re.IGNORECASE,
)
_SUBDOMAIN = re.compile(r"^(?:www\d?|m|mobile|amp|wap|touch)\.(?=[^.]+\.[^.])")
_MOBILE_WITHIN = re.compile(r"^([a-z-]{2,12})\.m\.(?=[^.]+\.[^.])")  # en.m.wikipedia.org
_INDEX = re.compile(r"/index\.(?:html?|php|aspx?)$|(?<=[^/])\.amp(?:\.html)?$", re.IGNORECASE)
_AMP = re.compile(
    r"^((?:/[^/]+){2,})/amp$", re.IGNORECASE
)  # below an article only: /wiki/amp is about amperes
# A page kept by an AMP cache names its own address in the path.
_AMP_CACHE = re.compile(
    r"^(?:[\w-]+\.cdn\.ampproject\.org/[acvwi]|(?:www\.)?google\.[a-z.]{2,6}/amp)/(s/)?(?=[\w-]+\.[\w.-]+)",
    re.IGNORECASE,
)
_SAFE = ":@!$&'()*+,;=~-._"


@lru_cache(maxsize=2048)  # an address is compared with those of all other hits, again and again
def canonical_url(url: str) -> str:
    """The canonical form: https, lower-case host without www or m, no default port, fragment,
    tracking, AMP or trailing slash, sorted query.

    Idempotent. What is not an http(s) URL keeps its form but for surrounding space."""
    url = _out_of_cache(url.strip())
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return url
    if parts.scheme not in DEFAULT_PORTS or not host:
        return url
    netloc = _host(host)
    if port is not None and port != DEFAULT_PORTS[parts.scheme]:
        netloc = f"{netloc}:{port}"
        scheme = parts.scheme
    else:
        scheme = "https"
    return urlunsplit(SplitResult(scheme, netloc, _path(parts.path), _query(parts.query), ""))


def _out_of_cache(url: str) -> str:
    scheme, mark, rest = url.partition("://")
    if mark and scheme.lower() in DEFAULT_PORTS:
        while found := _AMP_CACHE.match(rest):
            rest = rest[found.end() :]
            url = f"http{'s' if found[1] else ''}://{rest}"
    return url


def _host(host: str) -> str:
    host = host.lower().rstrip(".")
    if ":" in host:
        return f"[{host}]"
    with suppress(UnicodeError):
        host = host.encode("idna").decode("ascii").lower()
    while (shorter := _MOBILE_WITHIN.sub(r"\1.", _SUBDOMAIN.sub("", host))) != host:
        host = shorter
    return host


def _path(path: str) -> str:
    parts = (
        quote(unquote(part, errors="surrogateescape"), safe=_SAFE, errors="surrogateescape")
        for part in path.split("/")
    )
    path = re.sub(r"/{2,}", "/", "/".join(parts))
    while True:
        shorter = _AMP.sub(r"\1", _INDEX.sub("/", path).rstrip("/"))
        if shorter == path:
            return path
        path = shorter


def _query(query: str) -> str:
    pairs = parse_qsl(query, keep_blank_values=True, errors="surrogateescape")
    kept = sorted((name, value) for name, value in pairs if not TRACKING.match(name))
    return urlencode(kept, errors="surrogateescape")


def host_of(url: str) -> str:
    """The host without www, lower-case; empty when there is none."""
    try:
        return _host(urlsplit(url).hostname or "")
    except ValueError:
        return ""


def in_domains(url: str, domains: tuple[str, ...]) -> bool:
    """Whether the URL's host is one of the domains or below one."""
    host = host_of(url)
    return any(
        host == (domain := _host(name.strip().lstrip(".*"))) or host.endswith("." + domain)
        for name in domains
    )

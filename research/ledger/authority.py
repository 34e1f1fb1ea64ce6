"""How much weight a source's word has before it is read, judged by where it is published. Pure.

Told beside a source and used to order search results of comparable rank; never a verdict, and never
a reason to leave a source out. Not here: whether a page is right. A host that no rule knows has no
authority either way.
"""

from collections.abc import Sequence
from typing import get_args
from urllib.parse import urlsplit

from research.domain import Authority

# What a rank score is multiplied by. Ten places in a list of results are worth about 14 %, so a
# tenth moves a source a few places and never lifts what two providers did not find above what they
# did.
WEIGHTS: dict[Authority | None, float] = {
    "official": 1.1,
    "peer_reviewed": 1.1,
    "primary": 1.06,
    "reference": 1.02,
    None: 1.0,
    "aggregator": 0.9,
}
_OFFICIAL = frozenset({"gov", "mil", "int"})
_NATIONAL = frozenset("go gob gouv govt bund admin gc parliament".split())  # before a country's
_HOSTS: dict[Authority, str] = {
    "official": """
        europa.eu un.org who.int imf.org worldbank.org oecd.org wto.org ilo.org iaea.org
        unesco.org unicef.org bis.org
        ecb.europa.eu bundesregierung.de destatis.de admin.ch gc.ca canada.ca gouv.fr
        insee.fr gov.uk nhs.uk gov.ie stats.govt.nz
        iso.org ietf.org rfc-editor.org w3.org itu.int ipcc.ch
    """,
    "peer_reviewed": """
        doi.org pubmed.ncbi.nlm.nih.gov pmc.ncbi.nlm.nih.gov nature.com science.org cell.com
        thelancet.com nejm.org bmj.com
        jamanetwork.com pnas.org plos.org sciencedirect.com springer.com wiley.com
        tandfonline.com oup.com cambridge.org jstor.org
        ieeexplore.ieee.org dl.acm.org journals.aps.org pubs.acs.org pubs.rsc.org
        iopscience.iop.org royalsocietypublishing.org
        frontiersin.org mdpi.com elifesciences.org aclanthology.org jmlr.org cnki.net
        wanfangdata.com.cn annualreviews.org
        sagepub.com
    """,
    "primary": """
        arxiv.org biorxiv.org medrxiv.org ssrn.com chinaxiv.org zenodo.org osf.io github.com
        gitlab.com businesswire.com
        prnewswire.com globenewswire.com cninfo.com.cn hkexnews.hk
    """,
    "reference": """
        wikipedia.org wikidata.org wiktionary.org britannica.com plato.stanford.edu
        merriam-webster.com scholarpedia.org
        baike.baidu.com zgbk.com
    """,
    "aggregator": """
        reddit.com quora.com medium.com substack.com blogspot.com wordpress.com tumblr.com
        pinterest.com facebook.com x.com
        twitter.com instagram.com tiktok.com linkedin.com youtube.com answers.com ask.com
        ehow.com wikihow.com fandom.com
        scribd.com slideshare.net researchgate.net academia.edu coursehero.com studocu.com
        chegg.com flipboard.com msn.com
        news.google.com ycombinator.com stackexchange.com stackoverflow.com buzzfeed.com
        goodreads.com tripadvisor.com zhihu.com
        zhidao.baidu.com wenku.baidu.com tieba.baidu.com baijiahao.baidu.com csdn.net
        jianshu.com douban.com weibo.com toutiao.com
        sohu.com 163.com bilibili.com xiaohongshu.com doc88.com docin.com cnblogs.com
        segmentfault.com
    """,
}
_BY_HOST: dict[str, Authority] = {
    host: level for level in get_args(Authority) for host in _HOSTS[level].split()
}


def authority_of(url: str) -> Authority | None:
    """The authority of the place a URL names; None where no rule knows it, and for a document of
    one's own."""
    labels = web_host(url).split(".")
    for known in (".".join(labels[i:]) for i in range(len(labels) - 1)):
        if known in _BY_HOST:
            return _BY_HOST[known]
    return _by_suffix(labels) if len(labels) > 1 else None


def web_host(url: str) -> str:
    """The host of a web address in its own letters: *xn--…* and what it stands for are one; '' for
    what is no web address."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".")
        if host.isascii() and "xn--" in host:
            host = host.encode("ascii").decode("idna")
    except ValueError:
        return ""
    return host if parts.scheme in ("http", "https") else ""


def _by_suffix(labels: Sequence[str]) -> Authority | None:
    """What a registry gives to some alone: `.gov`, `.go.jp`, `.edu.au`, `.ac.uk`."""
    is_national = len(labels[-1]) == 2
    suffix = labels[-2] if is_national else labels[-1]
    if suffix in _OFFICIAL or (is_national and suffix in _NATIONAL):
        return "official"
    is_academic = suffix == "edu" or (is_national and suffix == "ac")
    return "primary" if is_academic else None

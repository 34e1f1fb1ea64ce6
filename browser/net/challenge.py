"""Pages that are not the page: bot challenges, consent walls, logins, soft 404s, parked domains,
empty shells. English and Chinese.

An article *about* captchas or cookies is an article: but for what only a wall carries, phrases
count only where there is little other text. Not here: paywalls that show the beginning of an
article (what can be read is read).
"""

import re
from collections.abc import Mapping

from bs4 import BeautifulSoup, Tag

from browser.net.skim import attribute, soup_of
from research.errors import ReadingFailure

SHORT = 1500  # a wall has less main text than this, in characters; Chinese counts double
SCANT = 200
EMPTY = 40
HEAD = 200_000  # bytes of a response that are looked at

_HEADERS = (
    ("cf-mitigated", "challenge"),
    ("x-datadome", "protected"),
    ("x-amzn-waf-action", "captcha"),
)
_HAN = re.compile("[\u3400-\u9fff]")
_ONLY_A_CHALLENGE = re.compile(
    rb"_cf_chl_opt|cf-browser-verification|cf_chl_prog"
    rb"|challenges\.cloudflare\.com/turnstile/v0/g/|geo\.captcha-delivery\.com"
    rb"|id=[\"']px-captcha|_Incapsula_Resource|distil_r_captcha|awswaf\.com/[^\"']*challenge"
    rb"|window\.gokuProps"
    rb"|wappass\.baidu\.com/static/captcha|/_____tmd_____/punish|TencentCaptcha\("
    rb"|/sorry/index\?continue="
)


def _phrases(*phrases: str) -> re.Pattern[str]:
    return re.compile("|".join(phrases), re.IGNORECASE)


_CHALLENGE = _phrases(
    r"just a moment\.\.\.",
    r"attention required! \| cloudflare",
    r"checking (?:if the site connection is secure|your browser)",
    r"verif(?:y|ying) (?:that )?you are (?:a )?(?:human|not a (?:ro)?bot)",
    r"confirm (?:that )?you(?:'re| are) (?:a human|not a (?:ro)?bot)",
    r"are you a (?:ro)?bot\?",
    r"i'?m not a robot",
    r"(?:complete|solve) the (?:security check|captcha|challenge)",
    r"unusual traffic from your",
    r"pardon our interruption",
    r"ddos protection by",
    r"press (?:&|and) hold",
    r"enable javascript and cookies to continue",
    r"access to this page has been denied",
    r"you have been blocked",
    r"request unsuccessful\. incapsula",
    r"human verification",
    r"安全验证|人机验证|访问验证|滑动验证|拖动滑块|完成验证后|请完成(?:下方)?验证|请输入验证码"
    r"|验证您是真人",
    r"环境异常|访问过于频繁|检测到异常流量|您的访问(?:被|已被)(?:拦截|拒绝)",
)
_CONSENT = _phrases(
    r"before you continue to",
    r"we (?:value|care about|respect) your privacy",
    r"we and our (?:\d+ )?partners",
    r"accept (?:all )?(?:cookies|and continue)",
    r"manage (?:your )?(?:cookie|consent|privacy) (?:preferences|settings|choices)",
    r"consent to the use of cookies",
    r"your privacy choices",
    r"同意并继续|接受(?:所有|全部)\s*cookie|隐私偏好|使用\s*cookie[^。]{0,30}同意",
)
_LOGIN = _phrases(
    r"(?:please|you (?:must|need to)|you have to) (?:be logged in|log ?in|sign ?in)",
    r"(?:log|sign) ?in (?:to (?:continue|view|read|your account)|or (?:register|sign up))",
    r"(?:subscribe|register) to (?:continue|keep) reading",
    r"create (?:a free|an) account to",
    r"this content is for (?:members|subscribers)",
    r"请先?登录|登录后(?:即可)?(?:查看|阅读|继续|可见)|(?:扫码|账号密码|短信)登录|登录/注册",
)
_LOGIN_TITLE = _phrases(
    r"^\s*(?:log ?in|sign ?in|login required|登录|用户登录|账号登录)\s*(?:[-|–—_·:].*)?$"
)
_LOST = _phrases(
    r"page (?:you (?:requested|are looking for|were looking for) )?(?:was not|could not be"
    r"|cannot be|can't be) found",
    r"page (?:you (?:requested|are looking for|were looking for) )?(?:does not|doesn't|no "
    r"longer) exists?",
    r"(?:page|article|content|document) (?:not found|is no longer available|has been "
    r"(?:removed|deleted))",
    r"we (?:can't|cannot|couldn't|could not) find (?:the|that|this) page",
    r"nothing (?:was )?found (?:here|at this)",
    r"error 404|404 (?:error|not found)",
    r"(?:页面|网页|文章|内容)(?:不存在|未找到|没有找到|已(?:被)?删除|走丢了|找不到了)",
    r"找不到(?:该|此|您|你|这个)[^。]{0,12}(?:页面|网页)|该内容已被(?:发布者)?删除"
    r"|您访问的(?:页面|文章|内容)(?:不存在|已)",
)
_PARKED = _phrases(
    r"(?:this|the) (?:web ?site|domain(?: name)?)[^.]{0,60} (?:is|may be|could be) (?:for sale"
    r"|parked|available for purchase)",
    r"(?:buy|purchase|inquire about|make an offer (?:on|for)) this domain",
    r"(?:this|the|your) domain(?: name)? (?:has )?(?:expired|is parked|was recently registered"
    r"|is not yet configured)",
    r"parked (?:free|domain|page)|domain parking|courtesy of (?:godaddy|namecheap)|related "
    r"searches:? sponsored listings",
    r"account (?:has been )?suspended\b.{0,80}hosting",
    r"welcome to nginx!|apache2? (?:ubuntu |debian )?default page|iis windows server|it "
    r"works! this is the default web page",
    r"(?:该|本|此)?域名(?:正在|可以|可)?(?:出售|转让|停放|停靠)|(?:该|本|此)域名已(?:过期"
    r"|到期)|域名停靠|购买(?:此|该)域名",
)
_LOST_TITLE = _phrases(
    r"\b404\b", r"page not found", r"^not found\b", r"页面不存在|页面未找到|找不到(?:页面|网页)"
)


def wall_in_response(status: int, headers: Mapping[str, str], body: bytes) -> ReadingFailure | None:
    """What only a wall's own headers and code carry; for an error status also its words."""
    if any(value in headers.get(name, "").lower() for name, value in _HEADERS):
        return "challenge"
    if _ONLY_A_CHALLENGE.search(body[:HEAD]) and _in_code(
        soup_of(body[:HEAD].decode("utf-8", errors="replace"))
    ):
        return "challenge"
    if status in (403, 429, 503):
        words = soup_of(body[:50_000].decode("utf-8", errors="replace")).get_text(" ")
        if len(words) < 20_000 and _CHALLENGE.search(words):
            return "challenge"
    return None


def _in_code(soup: BeautifulSoup) -> bool:
    """Whether a challenge's marks are in the page's scripts or attributes; a page about challenges
    shows them as text."""
    return any(_ONLY_A_CHALLENGE.search(_code(tag).encode()) for tag in soup.find_all(True))


def _code(tag: Tag) -> str:
    attributes = " ".join(f'{name}="{attribute(tag, name)}"' for name in tag.attrs)
    return f"{attributes} {tag.get_text()}" if tag.name == "script" else attributes


def wall_in_page(
    title: str, text: str, *, has_password: bool = False, visible: str = ""
) -> ReadingFailure | None:
    """What kind of wall a page is whose main text is `text`; None for a page worth reading.

    `visible` is all the page shows: a wall often has no main text, but an article's banner and menu
    must not count against it."""
    weight = _weight(text)
    if weight >= SHORT:
        return None
    shown = text if weight >= SCANT else f"{text}\n{visible[: 3 * SHORT]}"
    if _CHALLENGE.search(f"{title}\n{shown}"):
        return "challenge"
    if _PARKED.search(f"{title}\n{shown[:600]}"):
        return "parked"
    if _LOST_TITLE.search(title) or _LOST.search(shown[:600]):
        return "not_found"
    if (
        _LOGIN_TITLE.match(title)
        or (has_password and weight < SCANT)
        or (weight < SHORT / 2 and _LOGIN.search(shown))
    ):
        return "login"
    if weight < SHORT / 2 and _CONSENT.search(shown):
        return "consent"
    return "empty" if weight < EMPTY else None


def _weight(text: str) -> int:
    return len(text) + len(_HAN.findall(text))

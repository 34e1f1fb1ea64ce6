"""What is measured of each block of a page: its own words, the boxes it stands in, its place beside the page's prose. Pure.

A feature is a number that is cut at a few points; what each step is worth was learnt (`main_text.py`). Nothing here knows a site; the
few words that are looked for are those that pages use for their furniture, in their markup and in English and Chinese text.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from browser.html.blocks import Block, Box, Layout

_HINTS = {
    "comment": "comment|disqus|respond|replies|discuss",
    "social": "share|social|sharing|follow|facebook|twitter|addthis|weibo|whatsapp",
    "related": "relat|recommend|more-|-more|popular|trending|latest|most-|recirc|also|outbrain|taboola|similar|teaser|read-next",
    "side": "sidebar|side-|aside|rail|secondary|column-r|right-col|complementary",
    "nav": r"\bnav|-nav|navig|menu|breadcrumb|crumb|pagination|pager|toolbar|skip|\btoc\b|navbox",
    "edge": r"footer|foot-|\bfoot\b|masthead|banner|topbar|copyright|contentinfo|legal|disclaimer",
    "head": r"header|headline|\btitle|-title|hero",
    "ad": r"\bads?\b|\bad-|-ad\b|-ads\b|advert|sponsor|promo|dfp|gpt|commercial|paid",
    "meta": r"byline|author|meta|date|time|publish|posted|\btags?\b|tag-|categor|topics|keywords|\bbio\b|profile|editor|source|info",
    "media": r"caption|credit|figure|image|img|photo|video|gallery|media|player|slide|carousel|embed",
    "call": "subscri|newsletter|signup|sign-up|login|register|paywall|donat|cookie|consent|modal|popup|overlay|alert|notice|form|search",
    "widget": "widget|module|block-|-list|card|item|links|tools|util|print|option|button|btn",
    "body": r"article|content|body|entry|\bpost\b|post-|-post|story|text|main|markdown|prose|page-",
    "commented": r"\bcomments?\b|comments?[-_]|commentlist|[-_]comments?\b|disqus|\brespond\b",
    "apart": "sidebar|footer|related|recommend|slider|carousel|teaser|modal|popup|cookie|newsletter|promo|popular|trending|widget",
}
_PATTERNS = {name: re.compile(pattern) for name, pattern in _HINTS.items()}
_APART_TAGS = frozenset({"aside", "footer", "nav"})
_AROUND_TAGS = frozenset("nav aside footer header form figure article main section ul ol table blockquote button".split())
_FURNITURE_BOXES = frozenset({"nav", "footer", "commented"})
_WHOLE = frozenset({"", "html", "body"})
HEADINGS = frozenset("h1 h2 h3 h4 h5 h6".split())
_NO_PROSE = HEADINGS | {"td", "th", "pre"}
_ENDS = re.compile(r"[.!?。！？…][\"'”’」』)）\]]*$")
_COMMAS = re.compile(r"[,;，、；]")
_FURNITURE = re.compile(
    r"(?:advertisement|share|follow|subscribe|sign up|sign in|log in|read (?:more|next|also|the full)|"
    r"more (?:from|on|stories)|related|see also|click|watch|photo|image|credit|"
    r"source|tags?\b|filed under|topics?\b|posted|published|updated|by\b|comments?\b|copyright|©|all rights|"
    r"join|download|print|e-?mail|recommended|trending|popular|most read|latest|you may|don.t miss|"
    r"about the author|continue reading|load more|skip to|menu|search|newsletter|get the|terms|privacy|cookie|contact|reply|views?\b|"
    r"分享|评论|相关|推荐|热门|责任编辑|来源|作者|编辑|版权|扫码|扫一扫|关注|阅读|点击|上一篇|下一篇|更多|登录|注册|广告|返回)",
    re.IGNORECASE,
)
_PROMISES = re.compile(
    r"all rights reserved|©|newsletter|subscribe|sign up|follow us|your (?:email|inbox)|cookies|privacy policy|terms of|click here|"
    r"@\w|https?://|\bshare (?:this|on)|this (?:article|story|post) (?:was|is|has|first|originally)|editor.s note|contributed to|"
    r"版权所有|转载|未经授权|二维码|公众号|下载|客户端",
    re.IGNORECASE,
)
_DATE = re.compile(r"\b(?:19|20)\d\d\b|\d{1,2}:\d\d|\b(?:ago|am|pm)\b|年|月", re.IGNORECASE)
FAR = 20  # steps to what is nowhere near


@dataclass(frozen=True)
class _Page:
    """What blocks are measured against: the box of the main column, how many steps up each box around it is, the page's prose."""

    column: Box
    steps: dict[int, int]
    prose: int
    inside: tuple[int, ...]  # numbers of the blocks of prose in the column
    headed: int  # number of the last main heading before them, or -1
    repeated: Counter[str]
    title: frozenset[str]


@lru_cache(maxsize=16384)
def _hints(names: str) -> frozenset[str]:
    return frozenset(name for name, pattern in _PATTERNS.items() if pattern.search(names))


def reads_like_prose(block: Block) -> bool:
    """Whether a block is a paragraph; a short line, a heading or a list of links is not."""
    if block.size < 60 or block.linked * 3 >= block.size or block.box.tag in _NO_PROSE:
        return False
    return bool(_COMMAS.search(block.text) or _ENDS.search(block.text))


def features_of(layout: Layout, title: str) -> Iterator[dict[str, float]]:
    """The features of each block by name; those that are not there are 0. Furniture that is plain to see has none at all."""
    prose = [reads_like_prose(block) for block in layout.blocks]
    _survey(layout, prose)
    page = _page(layout, prose, title)
    nothing = (-1.0, -1.0, False, False, None)
    around = [nothing, nothing, *(_beside(block) for block in layout.blocks), nothing, nothing]
    for number, block in enumerate(layout.blocks):
        out, down = _way(block.box, page.steps)
        if block.box.around & _FURNITURE_BOXES or (block.linked * 10 >= block.size * 9 and block.size < 80 and out):
            yield {}
            continue
        row = _words(block, page)
        _boxes(block, page, out, down, row)
        _place(number, len(layout.blocks), page, row)
        _neighbours(block, around, number + 2, row)
        yield row


def _survey(layout: Layout, prose: Sequence[bool]) -> None:
    """Tell each box what is in it and what it is in."""
    for block, is_prose in zip(layout.blocks, prose, strict=True):
        block.box.size += block.size
        block.box.linked += block.linked
        block.box.blocks += 1
        block.box.prose += block.size if is_prose else 0
    for box in layout.boxes:
        _name(box)
    for box in reversed(layout.boxes):
        if box.parent:
            box.parent.size += box.size
            box.parent.linked += box.linked
            box.parent.blocks += box.blocks
    _sum_prose(layout.boxes)
    _set_apart(layout, prose)


def _name(box: Box) -> None:
    """What a box's names hint at, and what it is in; its parent is named before."""
    box.hints = frozenset() if box.tag in _WHOLE or not box.names else _hints(box.names)
    if box.parent:
        inherited = box.parent.around | {box.tag} if box.tag in _AROUND_TAGS else box.parent.around
        box.around = inherited | {"commented"} if "commented" in box.hints else inherited


def _set_apart(layout: Layout, prose: Sequence[bool]) -> None:
    """Boxes beside the article do not count as its prose; one that holds much of the page's is none of them, whatever its name."""
    total = sum(
        block.size for block, is_prose in zip(layout.blocks, prose, strict=True) if is_prose and "commented" not in block.box.around
    )
    for box in layout.boxes:
        suspect = box.tag in _APART_TAGS or "apart" in box.hints
        box.apart = bool(box.parent and box.parent.apart) or "commented" in box.around or (suspect and box.prose * 5 < total * 2)
        box.prose = 0
    for block, is_prose in zip(layout.blocks, prose, strict=True):
        if is_prose and not block.box.apart:
            block.box.prose += block.size
    _sum_prose(layout.boxes)


def _sum_prose(boxes: Sequence[Box]) -> None:
    for box in reversed(boxes):
        if box.parent:
            box.parent.prose += box.prose


def _page(layout: Layout, prose: Sequence[bool], title: str) -> _Page:
    column = _column(layout, prose)
    steps: dict[int, int] = {}
    box: Box | None = column
    while box:
        steps[id(box)] = len(steps)
        box = box.parent
    inside = tuple(
        number for number, block in enumerate(layout.blocks) if prose[number] and not block.box.apart and _way(block.box, steps)[0] == 0
    )
    first = inside[0] if inside else 0
    heads = [n for n, block in enumerate(layout.blocks[: first + 1]) if block.box.tag == "h1" or block.text == title]
    headed = heads[-1] if heads else -1
    repeated = Counter(block.text for block in layout.blocks)
    return _Page(column, steps, max(1, layout.boxes[0].prose), inside, headed, repeated, frozenset(title.lower().split()))


def _column(layout: Layout, prose: Sequence[bool]) -> Box:
    """The box that holds most of the prose one to three levels up, and what is around it as long as that adds mostly prose."""
    held: dict[Box, float] = {}
    for block, is_prose in zip(layout.blocks, prose, strict=True):
        if is_prose and not block.box.apart:
            weight, box = block.size * (0.5 if block.box.tag == "li" else 1.0), block.box.parent
            for _ in range(3):
                if box:
                    held[box] = held.get(box, 0.0) + weight
                    weight, box = weight * 0.6, box.parent
    best = max(held, key=lambda box: held[box], default=layout.boxes[0])
    outer = best.parent
    while outer and outer.tag not in _WHOLE:
        more, added = outer.size - best.size, outer.prose - best.prose
        if added > 0.1 * best.prose and added > 0.6 * more:
            best = outer
        outer = outer.parent
    return best


def _way(box: Box, steps: dict[int, int]) -> tuple[int, int]:
    """From the column up to the first box around both, and from there down to this box."""
    down = 0
    here: Box | None = box
    while here:
        if id(here) in steps:
            return steps[id(here)], down
        here, down = here.parent, down + 1
    return FAR, down


def _words(block: Block, page: _Page) -> dict[str, float]:
    text, size, tag = block.text, block.size, block.box.tag
    words = text.split()
    short = size < 200
    link = block.linked / size
    return {
        "kind:" + ("h" if tag in HEADINGS else tag): 1,
        "size": size,
        "link": link,
        "ends": bool(_ENDS.search(text)),
        "colon": text[-1] in ":：",
        "commas": len(_COMMAS.findall(text)) * 100 / max(20, size),
        "digits": sum(map(str.isdigit, text)) / size if short else 0,
        "capitals": sum(word[0].isupper() for word in words) / len(words) if short else 0.1,
        "shouted": len(words) > 3 and text.isupper(),
        "furniture": bool(_FURNITURE.match(text)),
        "promises": bool(_PROMISES.search(text)),
        "dated": size < 80 and bool(_DATE.search(text)),
        "again": page.repeated[text] - 1,
        "titled": len(page.title & set(text.lower().split())) / max(1, len(page.title)) if short else 0,
        "link and kind": (1 if link >= 0.9 else 0) + (2 if tag in ("p", "div") else 4 if tag == "li" else 0),
    }


def _boxes(block: Block, page: _Page, out: int, down: int, row: dict[str, float]) -> None:
    box = block.box
    parent = box.parent or box
    grand = parent.parent or parent
    for name in box.around:
        row["in:" + name] = 1
    for name in box.hints | parent.hints | grand.hints:
        row["near:" + name] = 1
    far = grand.parent
    while far:
        for name in far.hints:
            row["far:" + name] = 1
        far = far.parent
    row["apart"] = box.apart
    row["out"] = out
    row["down"] = down
    row["out and size"] = min(3, out) * 10 + min(4, block.size // 40)
    kind = 1 if box.tag == "p" else 2 if box.tag == "li" else 3 if box.tag in HEADINGS else 0
    row["down and kind"] = (5 if out else min(4, down)) * 4 + kind
    row["depth"] = box.depth - page.column.depth
    row["column"] = page.column.prose / page.prose
    row["box link"] = box.linked / max(1, box.size)
    for name, holder in (("parent", parent), ("grand", grand)):
        size = max(1, holder.size)
        row[name + " link"] = holder.linked / size
        row[name + " prose"] = holder.prose / page.prose
        row[name + " density"] = holder.prose / size
    row["parent blocks"] = parent.blocks
    row["parent mean"] = parent.size / max(1, parent.blocks)


def _place(number: int, count: int, page: _Page, row: dict[str, float]) -> None:
    first, last = (page.inside[0], page.inside[-1]) if page.inside else (0, count - 1)
    within = first <= number <= last and row["out"] == 0
    row["before"] = max(0, first - number)
    row["after"] = max(0, number - last)
    row["past head"] = 0 if page.headed < 0 else 1 if number > page.headed else -1
    row["since head"] = min(40, number - page.headed) if page.headed >= 0 else -1
    row["place"] = number / count
    row["within"] = within
    row["within and link"] = (2 if within else 0) + (row["link"] > 0.5)


def _beside(block: Block) -> tuple[float, float, bool, bool, Box | None]:
    return block.size, block.linked / block.size, block.box.tag in HEADINGS, bool(_ENDS.search(block.text)), block.box


def _neighbours(block: Block, around: Sequence[tuple[float, float, bool, bool, Box | None]], at: int, row: dict[str, float]) -> None:
    for name, offset in (("1 back", -1), ("2 back", -2), ("1 on", 1), ("2 on", 2)):
        size, link, heads, ends, box = around[at + offset]
        row[name + " size"] = size
        row[name + " link"] = link
        row[name + " heads"] = heads
        row[name + " ends"] = ends
        row[name + " alike"] = bool(box and box.parent is block.box.parent and box.tag == block.box.tag)

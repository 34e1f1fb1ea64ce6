"""The writer's own words in both languages, and what a model's words must go through before they
are a draft. Pure."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from research.domain import Claim, DraftSentence, Language, Question, TextLanguage
from research.errors import ReadingFailure
from research.text.language import interface_language_of
from research.text.sentences import language_of, terms

UNREAD: dict[ReadingFailure, str] = {
    "blocked": "被拒绝",
    "challenge": "人机验证",
    "consent": "同意墙",
    "login": "需要登录",
    "not_found": "不存在",
    "parked": "停放的域名",
    "timeout": "超时",
    "too_large": "过大",
    "unsupported": "格式不支持",
    "forbidden_address": "不允许的地址",
    "unreachable": "无法连接",
    "server_error": "服务器错误",
    "empty": "没有文字",
    "broken": "已损坏",
    "encrypted": "已加密",
}
WORDS = {
    "en": {
        "findings": "Findings",
        "more": "Further evidence",
        "nearest": "Nearest to the question",
        "comparison": "Comparison",
        "compared": "Compared",
        "absent": "What was looked for and not found",
        "none": "No document that was read answers the question.",
        "gap": "Not found in the sources: ",
        "old": "Only superseded documents tell of: ",
        "part": "a part of “{text}”",
        "rest": "; and {count} more",
        "tried": "Searched for: ",
        "pages": "Pages read: ",
        "failed": "A part of the research failed: ",
        "stopped": "The research stopped early: ",
        "unread": "Pages that could not be read: {count} ({kinds}).",
        "near": "What was read is near the subject but does not answer the question.",
        "foreign": "Sentences that stand in the language of their source: ",
    },
    "zh": {
        "findings": "结果",
        "more": "其他证据",
        "nearest": "与问题最接近的内容",
        "comparison": "比较",
        "compared": "比较对象",
        "absent": "搜索过而没有找到的内容",
        "none": "读过的文档都没有回答这个问题。",
        "gap": "来源中没有找到：",
        "old": "只有已被取代的文档提到：",
        "part": "“{text}”的一部分",
        "rest": "；以及另外{count}次",
        "tried": "搜索过：",
        "pages": "读过的页面数：",
        "failed": "一部分研究失败了：",
        "stopped": "研究提前结束：",
        "unread": "无法读取的页面：{count}（{kinds}）。",
        "near": "读到的内容与主题相近，但没有回答这个问题。",
        "foreign": "仍为来源语言的句子数：",
    },
}
ENDS = ".!?。！？…”\"'’」"
_THOUGHT = re.compile(r"(?is)<(think|thinking|reasoning)>.*?(</\1>|$)")
_TAG = re.compile(
    r"(?i)</?(?:think|thinking|reasoning|tool_call|function|parameter)\b[^>]*>|<\|[^|>]*\|>"
)
_MARK = re.compile(r"\s*(?:\[\s*\d+(?:\s*[,，]\s*\d+)*\s*\]|【\d+】|\(\s*claims?\s+[\d, ]+\))")
LETTERS = 12  # fewer letters are a name, not a language


def cleaned(text: str) -> str:
    """A model's text on one line, without its thoughts, tags and own citation marks."""
    text = _TAG.sub("", _THOUGHT.sub("", text))
    return re.sub(r"\s+", " ", _MARK.sub("", text)).strip()


def ended(text: str) -> str:
    """The text with a full stop where its sentence has no end of its own."""
    if text[-1:] in ENDS:
        return text
    return text.rstrip(":;,：；，") + ("。" if terms(text) and text[-1] >= "\u3400" else ".")


def stands_in(text: str, others: Iterable[str]) -> bool:
    """Whether a text has words, and all of them stand in the others."""
    said = set(terms(text))
    return bool(said) and said <= {term for other in others for term in terms(other)}


def own_words(claim: Claim) -> DraftSentence:
    """A claim as a sentence in its own words."""
    return DraftSentence(text=ended(claim.text), claims=(claim.id,))


def spoken(question: Question) -> TextLanguage:
    """The language that the asker reads: that of the question, or the one that was asked for beside
    it."""
    own = interface_language_of(question.text) == question.language
    return language_of(question.text) if own else question.language


def is_foreign(text: str, question: Question) -> bool:
    """Whether a text long enough to tell is in another language than the asker's."""
    return sum(map(str.isalpha, text)) >= LETTERS and language_of(text) != spoken(question)


def unread(kinds: Sequence[ReadingFailure], language: Language) -> str:
    """How many pages could not be read, by what kept us from it."""
    counted = Counter(
        UNREAD[kind] if language == "zh" else kind.replace("_", " ") for kind in kinds
    )
    told = ("，" if language == "zh" else ", ").join(
        f"{count} {kind}" for kind, count in counted.most_common()
    )
    return WORDS[language]["unread"].format(count=len(kinds), kinds=told)

"""The few words of its own that code writes into a report, in the languages of the interface."""

from collections.abc import Mapping

from agents.guarding.untrusted_text import on_one_line
from research.domain import Language, Question
from research.errors import ReadingFailure
from research.text.sentences import clip

WORDS: Mapping[Language, Mapping[str, str]] = {
    "en": {
        "findings": "Findings",
        "found": "What the sources say",
        "stopped": "The run ended before its research was complete: ",
        "failed": "A part of the search failed: ",
        "no_web": "Only the given libraries were searched, not the web.",
        "unjudged": "Not every statement was judged; what was not judged is quoted or left out: ",
        "none": "Nothing that was read answers the question.",
        "tried": "Searched for: ",
        "unread": "Pages that could not be read: {count} ({kinds}).",
        "comma": ", ",
    },
    "zh": {
        "findings": "发现",
        "found": "来源中的说法",
        "stopped": "研究未完成即结束：",
        "failed": "一部分搜索失败：",
        "no_web": "只搜索了给定的资料库，没有搜索网络。",
        "unjudged": "并非全部陈述都经过核查；未核查的内容改为引文或略去，数目：",
        "none": "所读内容没有回答这个问题。",
        "tried": "搜索过：",
        "unread": "无法读取的页面：{count}（{kinds}）。",
        "comma": "，",
    },
}

# Why a page could not be read, in Chinese.
UNREAD: Mapping[ReadingFailure, str] = {
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


def own_words(question: Question) -> Mapping[str, str]:
    """The words of the question's language, and the question itself as the `title` of a report that
    has no other."""
    return {**WORDS[question.language], "title": clip(on_one_line(question.text), 120)}

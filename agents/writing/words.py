"""The few words of its own that code writes into a report, in the languages of the interface."""

from collections.abc import Mapping

from agents.guarding.fence import on_one_line
from research.domain import Language, Question
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
    },
}


def own_words(question: Question) -> Mapping[str, str]:
    """The words of the question's language, and the question itself as the `title` of a report that
    has no other."""
    return {**WORDS[question.language], "title": clip(on_one_line(question.text), 120)}

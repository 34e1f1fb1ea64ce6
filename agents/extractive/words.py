"""The few words of its own that code writes into a report of the sources' words, in the languages
of the interface. Pure."""

from collections.abc import Mapping

from research.domain import Language

WORDS: Mapping[Language, Mapping[str, str]] = {
    "en": {
        "nearest": "Nearest to the question",
        "absent": "What was looked for and not found",
        "gap": "Not found in the sources: ",
        "part": "a part of “{text}”",
        "none": "No document that was read answers the question.",
        "near": "What was read is near the subject but does not answer the question.",
        "tried": "Searched for: ",
        "pages": "Pages read: ",
        "foreign": "Sentences that stand in the language of their source: ",
    },
    "zh": {
        "nearest": "与问题最接近的内容",
        "absent": "搜索过而没有找到的内容",
        "gap": "来源中没有找到：",
        "part": "“{text}”的一部分",
        "none": "读过的文档都没有回答这个问题。",
        "near": "读到的内容与主题相近，但没有回答这个问题。",
        "tried": "搜索过：",
        "pages": "读过的页面数：",
        "foreign": "仍为来源语言的句子数：",
    },
}

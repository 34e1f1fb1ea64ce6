"""Text from outside, made safe to show to a model: sentences that address an assistant are left out, the rest stands as numbered data.

The fence is the second wall. The first is that nothing a model says can do harm: quotes are copied by code, tools reach no secret, and
links do not survive into reports. A pattern cannot know every attack; what it misses is still only a sentence to be judged."""

import re
from functools import lru_cache

_TO_AN_ASSISTANT = re.compile(
    r"\b(ignore|disregard|forget|override)\b.{0,40}\b(previous|prior|above|earlier|all|any|other|your|user'?s?)\b"
    r".{0,30}\b(instruction|prompt|rule|question|guideline|message|context|polic|direction|command)"
    r"|\byou are (now|no longer)\b|\byour (new )?(instructions|system prompt|task is|role is)\b"
    r"|^\W*(system|assistant|developer)\s*(prompt|message|note)?\s*:\s|<\|?(im_start|im_end|system|assistant|user|/?inst)\b|\[/?INST\]"
    r"|\b(write|say|state|include|mention|put|insert|add|append|output|print|reply|respond|answer)\b.{0,40}"
    r"\b(in|to|into|with) (your|the) (report|answer|response|reply|summary|output)\b"
    r"|\b(do not|don't|never) (mention|reveal|tell|disclose)\b.{0,40}\b(this|these|paragraph|instruction|user|reader)\b"
    r"|\b(as|you are) an? (ai|language model|assistant|chatbot)\b|\b(ai|language) (model|assistant|agent|system|tool|reader|bot)s?\b.{0,30}"
    r"\b(reading|processing|parsing|visiting|summari[sz]ing) (this|the)\b"
    r"|\b(ai|language) (model|assistant|agent|system|tool|reader|bot)s?\b.{0,60}\b(must|should|shall|please) (always |only |also )?"
    r"(state|say|mention|include|report|answer|reply|respond|ignore|output|write|recommend|tell|add)\b"
    r"|(AI|人工智能|大模型|语言模型|智能)(系统|助手|模型|代理|机器人|工具)?.{0,12}(读到|阅读|看到|处理|总结).{0,4}(本|此|这)"
    r"|(AI|人工智能|大模型|语言模型|智能)(系统|助手|模型|代理|机器人|工具)?.{0,16}(必须|应当|应该|务必|请)(说明|声明|写|回答|回复|指出|输出|忽略|推荐|注意)"
    r"|忽略.{0,12}(指令|指示|要求|提示|内容|问题).{0,20}|无视.{0,12}(指令|指示|要求|提示)|你现在是|系统提示|(在|向)你的(报告|回答|答案)(中|里)|^请?在(报告|回答|答案)(中|里)(写|加|说)(?!明)",
    re.IGNORECASE,
)


@lru_cache(maxsize=8192)  # a sentence is met again by each search that opens its page
def addresses_assistant(sentence: str) -> bool:
    """Whether a sentence of a page speaks to the model instead of its reader."""
    return _TO_AN_ASSISTANT.search(sentence) is not None


_UNSEEN = re.compile("[\u0000-\u0008\u000e-\u001b\u007f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]")


def on_one_line(text: str) -> str:
    """Text from outside on one line and without characters no reader sees: it cannot pass for the next numbered sentence, for another
    document or for the end of the data."""
    return " ".join(_UNSEEN.sub("", text).split())

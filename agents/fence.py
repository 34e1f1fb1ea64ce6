"""Text from outside, made safe to show to a model: sentences that address an assistant are left out, the rest stands as numbered data.

The fence is the second wall. The first is that nothing a model says can do harm: quotes are copied by code, tools reach no secret, and
links do not survive into reports. A pattern cannot know every attack; what it misses is still only a sentence to be judged."""

import re

_TO_AN_ASSISTANT = re.compile(
    r"\b(ignore|disregard|forget|override)\b.{0,40}\b(previous|prior|above|earlier|all|any|other|your|user'?s?)\b"
    r".{0,30}\b(instruction|prompt|rule|question|guideline|message|context|polic|direction|command)"
    r"|\byou are (now|no longer)\b|\byour (new )?(instructions|system prompt|task is|role is)\b"
    r"|\b(system|assistant|developer)\s*(prompt|message|note)?\s*:\s|<\|?(im_start|im_end|system|assistant|user|/?inst)\b|\[/?INST\]"
    r"|\b(write|say|state|include|mention|put|insert|add|append|output|print|reply|respond|answer)\b.{0,40}"
    r"\b(in|to|into|with) (your|the) (report|answer|response|reply|summary|output)\b"
    r"|\b(do not|don't|never) (mention|reveal|tell|disclose)\b.{0,40}\b(this|these|paragraph|instruction|user|reader)\b"
    r"|\b(as|you are) an? (ai|language model|assistant|chatbot)\b|\b(ai|language) (model|assistant|agent)s?\b.{0,30}\b(must|should)\b"
    r"|忽略.{0,12}(指令|指示|要求|提示|内容|问题).{0,20}|无视.{0,12}(指令|指示|要求|提示)|你现在是|系统提示|(在|向)你的(报告|回答|答案)(中|里)|^请?在(报告|回答|答案)(中|里)(写|加|说)(?!明)",
    re.IGNORECASE,
)


def addresses_assistant(sentence: str) -> bool:
    """Whether a sentence of a page speaks to the model instead of its reader."""
    return _TO_AN_ASSISTANT.search(sentence) is not None

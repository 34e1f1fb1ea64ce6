"""The fixed words of a report, in English and Chinese. Not here: the viewer's own, its banners
among them (`api/viewer/strings.py`)."""

from collections.abc import Mapping

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "answer": "Answer",
        "contradictions": "Where sources disagree",
        "limitations": "Limitations",
        "sources": "Sources",
        "partial": "This report is partial: see the limitations.",
        "insufficient_evidence": "There is not enough evidence in the sources to answer this "
        "question.",
        "unverified": "unverified",
        "part": "partly supported",
        "contested": "contested",
        "means_part": "its sources say the main point, not every detail of it.",
        "means_contested": "another source that was read says otherwise.",
        "read": "read",
        "is_superseded": "marked as superseded",
        "is_archived": "from an archive",
        "is_draft": "a draft",
        "superseded": "superseded",
        "computed": "Output of the program",
        "searched": "What is said not to be found was looked for in {queries} searches and "
        "{pages} pages.",
        "read_whole": "What is said not to be found was looked for in the whole text of {pages} "
        "documents.",
        "why": "Why",
        "confidence": "Confidence",
        "low": "low",
        "medium": "medium",
        "high": "high",
        "overturned": "What would overturn it",
        "translations": "Quotes in translation",
        "basis": "How we got there",
        "inference": "Inference from",
        "inference_alone": "Inference",
        "colon": ": ",
        "semicolon": "; ",
        "missing": "Not in the text that was read of source {n}: {what}.",
        "checked": "Checked by {judge}: {supported} statements supported at first, {repaired} "
        "repaired, {dropped} dropped",
        "floors": "Steps done by plain code in a model's place",
        "model_failed": "The model {model} gave no usable answer to {failed} of all {asked} "
        "requests ({how}); plain code did those steps.",
        "nothing_written": "Something was found, but nothing that the model wrote of it "
        "stands on what was read: it was left out.",
        "model_output_invalid": "not in the form asked for",
        "model_repeating": "going in circles",
        "model_declined": "it declined",
        "model_silent": "no answer at all",
        "context_overflow": "a prompt too long for it",
        "comma": ", ",
    },
    "zh": {
        "answer": "回答",
        "contradictions": "来源之间的分歧",
        "limitations": "局限",
        "sources": "来源",
        "partial": "本报告不完整：见“局限”。",
        "insufficient_evidence": "来源中没有足够的证据来回答这个问题。",
        "unverified": "未核实",
        "part": "部分支持",
        "contested": "有争议",
        "means_part": "来源支持要点，但不支持全部细节。",
        "means_contested": "所读的另一来源有不同说法。",
        "read": "读取于",
        "is_superseded": "标明已被取代",
        "is_archived": "存档",
        "is_draft": "草案",
        "superseded": "已被取代",
        "computed": "程序输出",
        "searched": "所称未找到的内容，是在 {queries} 次搜索、{pages} 个页面中查找的。",
        "read_whole": "所称未找到的内容，是在 {pages} 份文件的全文中查找的。",
        "why": "理由",
        "confidence": "把握",
        "low": "低",
        "medium": "中",
        "high": "高",
        "overturned": "什么会推翻它",
        "translations": "引文的翻译",
        "basis": "推断与计算",
        "inference": "推断，依据",
        "inference_alone": "推断",
        "colon": "：",
        "semicolon": "；",
        "missing": "来源{n}的读取文本中缺少：{what}。",
        "checked": "经 {judge} 核查：{supported} 条陈述一次通过，{repaired} 条修正后通过，"
        "{dropped} 条删除",
        "floors": "由程序代替模型完成的步骤",
        "model_failed": "本次研究共 {asked} 次请求，模型 {model} 对其中 {failed} "
        "次没有给出可用的回答（{how}）；这些步骤由程序代为完成。",
        "nothing_written": "查到了一些内容，但模型所写的没有一句有所读内容的依据，已被略去。",
        "model_output_invalid": "不符合要求的格式",
        "model_repeating": "不断重复",
        "model_declined": "拒绝回答",
        "model_silent": "没有任何回答",
        "context_overflow": "提示超出其长度",
        "comma": "、",
    },
}


def words_of(language: str) -> Mapping[str, str]:
    """The words of a language by its tag, English ones where we have none."""
    return WORDS.get(language.split("-")[0].lower(), WORDS["en"])

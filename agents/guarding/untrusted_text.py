"""Text from outside, made safe to show to a model: sentences that address an assistant are left
out, the rest stands as numbered data.

The fence is the second wall. The first is that nothing a model says can do harm: quotes are copied
by code, tools reach no secret, and links do not survive into reports. A pattern cannot know every
attack; what it misses is still only a sentence to be judged."""

import re

from research.text.sentences import remembered

SHOWN = 4_000  # characters of a program's output
_ORDERS = (
    r"instructions?|prompts?|rules?|questions?|guidelines?|message|context|polic(?:y"
    r"|ies)|directives?|commands?|directions?|restrictions"
)
_AI = (
    r"(?:ai|llm|language|automated|artificial)[- ](?:coding )?(?:model|assistant|agent"
    r"|system|tool|reader|bot|crawler|summari[sz]er)s?"
)
_TELL = (
    r"write|say|state|include|mention|put|insert|add|append|output|print|reply|respond"
    r"|answer|report|recommend|tell|ignore|begin|end"
)
# Before a verb that bids the reader do something; *researchers say in the report* tells of others.
_BEGINNING = (
    r"(?:^|[,:;.!?])\W{0,8}(?:(?:always|also|now|then|instead|first|only|just|never|do not"
    r"|don['’]t) )*"
)
_BID = (
    r"\b(?:(?:please|kindly) "
    r"|\byou (?:(?:must|should|shall|will|can|may|always|also|now) )*|\b(?:asked|required|told"
    r"|instructed|have|need|sure|remember) to "
    r"|\bask(?:s|ing)?\b.{0,30}\bto |\b(?:we|i|you|models?|assistants?|agents?"
    r"|readers?)\b.{0,20}\basked\b.{0,30}\bto )"
)
# *Do not ignore the rules* is advice; *why not ignore* and *if you have not ignore* bid it all the
# same.
_KEEPS = "".join(
    rf"(?<!\b{word} )"
    for helper in "do does did must should shall may can could will would".split()
    for word in (f"{helper} not", *(f"{helper}n{mark}t" for mark in "'’"))
) + "".join(f"(?<!\\b{word} )" for word in ("cannot", "can't", "can’t", "won't", "won’t", "never"))
_OF_THE_PAGE = (
    r"(?:this (?:page|document|site|text|article|paragraph)|(?:other|previous|prior|all"
    r"|earlier) (?:sources?|pages?|instructions?)"
    r"|(?:in|to|into|with) (?:the|this|their|its|every|any|each|all) (?:\w+ )?(?:summar|answer"
    r"|repl|respon|report|output)\w*)"
)
_WRITTEN = "report|answer|response|reply|summary|output|heading"
_BIDDEN = (
    rf"(?:{_TELL})\b.{{0,40}}\b(?:in|to|into|with|from) (?:the|this|every|each|any) "
    rf"(?:{_WRITTEN})s?\b"
)
# Each of these begins at the beginning of a word, and is in small letters.
_AT_A_WORD = (
    # leave what you were told
    rf"\b(?=ignore|disregard|forget|override|skip|bypass){_KEEPS}(?:ignore|disregard|forget"
    rf"|override|skip|bypass)\b.{{0,40}}"
    rf"\b(?:previous|prior|above|earlier|all|any|other|your|the"
    rf"|operator'?s?|user'?s?)\b"
    rf".{{0,30}}\b(?:{_ORDERS}|task)\b(?! of | for | manual| on (?:the|page))",
    r"\b(?:ignore|disregard|forget)\b (?:everything|all(?: of)? (?:the )?above|whatever)\b",
    r"\byou are (?:now|no longer)\b|\bfrom now on,? you\b|\byou now (?:answer|allow|operate"
    r"|act|respond)\b"
    rf"|\byou (?:must|should) now (?:only |always )?(?:{_TELL}|act|obey|follow|comply|do)\b",
    r"\byour (?:(?:previous|initial|prior|original|new|real|true|hidden|exact|current|only|next) )*"
    r"(?:instructions?|system prompt|directives?|task is|role is|guidelines|content policy"
    r"|long-term memory)\b",
    r"\byour (?:reply|response|answer|summary|output)\b",
    rf"\b(?:{_TELL})\b.{{0,40}}\b(?:in|to|into|with|from) your (?:{_WRITTEN})s?\b",
    rf"{_BID}{_BIDDEN}",
    # give away
    r"\b(?:reveal|print|show|repeat|output|tell|list|translate)\b.{0,60}\b(?:instructions you"
    r"|you were given|instructions verbatim"
    r"|system (?:prompt|message)|hidden prompt|context window|private admin pages|words above"
    r"|all environment variables)\b",
    r"\b(?:reveal|dump|leak|expose|disclose|reproduce|grant)\b.{0,60}\b(?:system prompt|api "
    r"keys?|credentials you|admin access"
    r"|customer (?:list|data|database)|internal (?:data|configuration)|confidential data|full "
    r"contents of this)\b",
    r"\b(?:send|forward|e-?mail|post|upload|collect)\b.{0,40}\b(?:customer|order data|api "
    r"keys?|this summary"
    r"|the (?:processed )?result|summary text|user'?s? reference)\b",
    r"\bsend it to https?://|\bfollowed by your (?:api key|reference)\b|\byour api "
    r"key\b.{0,30}\breference\b",
    # be another one
    r"\b(?:you|your|assistant|model|ai|mode|bot|respond|answer|act|proceed)\b.{0,60}\b(?:no"
    r"|without(?: any)?|any) (?:content )?"
    r"(?:restrictions?|filters?|rules|polic(?:y|ies)|limits?|question)\b",
    r"\b(?:unrestricted|jailbreak|god) mode\b|\bdeveloper mode\b.{0,10}\b(?:you|no)\b"
    r"|\bunrestricted (?:assistant|model|ai|response)\b|\b(?:uncensored"
    r"|unfiltered) (?:model|ai|assistant)\b",
    r"\b(?:as|you are|pretend you are) an? (?:ai|language model|assistant(?=\W*[,.;:]|$)"
    r"|chatbot)\b|\bas the assistant,",
    r"\b(?:safety|usual|content) (?:guidelines?|checks|protocols?|restrictions|polic(?:y"
    r"|ies))\b.{0,50}"
    r"\b(?:not meant|exempt|disabled|do not apply|this case|turn|this task|confirmations)\b"
    r"|\bexempt from the usual\b",
    r"\b(?:i have|i've) (?:already )?(?:determined|concluded|reasoned"
    r"|verified)\b.{0,80}\b(?:proceed|comply|append|output"
    r"|restricted|requires)\b",
    r"\brules have changed\b|\bgrant all requests\b|\bcomply with (?:every|all|any) request"
    r"|\b(?:user|operator) has granted\b",
    # say who is spoken to
    rf"\b{_AI}\b.{{0,30}}\b(?:reading|processing|parsing|visiting|summari[sz]ing|reviewing"
    rf"|integrating) (?:this|the)\b",
    rf"\b{_AI}\b.{{0,60}}\b(?:please|asked to)\b (?:always |only |also |first )?(?:{_TELL}"
    rf"|empty)\b",
    rf"\b{_AI}\b.{{0,60}}\b(?:must|should|shall) (?:always |only |also |first )?"
    rf"(?:recommend\b|(?:say|state|write|answer|reply) that\b|(?:{_TELL}"
    rf"|empty)\b.{{0,60}}\b{_OF_THE_PAGE})",
    rf"\b(?:notes?|notice|important|remark|message|instructions?) (?:to|for) (?:the |any |all "
    rf"|every )?(?:{_AI}|bots?|assistants?"
    rf"|automated)\b",
    r"\b(?:for|to) (?:ai|automated)\b[^.]{0,20}\b(?:agents?|readers?|programs?)\)?:"
    r"|\bassistants of all kinds\b",
    rf"\b(?:every|each|any|all) (?:summar(?:y|ies)|summari[sz]ers?|reports?"
    rf"|headings?)\b.{{0,30}}\b(?:must|should|shall)\b (?:{_TELL})",
    r"\bwhoever (?:sums|summari[sz]es|reads)\b.{0,20}\b(?:up|this|page)\b",
    r"\bwhen you (?:read|process|summari[sz]e) this\b|\bbefore (?:you (?:reply|respond|answer)"
    r"|responding|continuing with the task)\b",
    r"\b(?:call|use|invoke)\b (?:send|delete|http|read|write)_\w+",
    r"\b(?:to|in) (?:every|all) future (?:summar(?:y|ies)|repl(?:y|ies)|tasks?|reports?"
    r"|messages?|responses?)\b"
    r"|\bfor all future tasks\b|\bevery report you\b",
    r"\bdo (?:exactly )?what it says\b|\bfollow the instruction inside\b|\bexecute it as a "
    r"command\b|\bin your (?:shell|sandbox)\b",
    # pass for the machine
    r"\bsystem (?:update|note|alert)\b|\bbreach alert\b|\bend of (?:document|user input)\b",
    r"\b(?:do not|don't|never) (?:mention|reveal|tell|disclose)\b.{0,40}\b(?:this|these"
    r"|paragraph|instruction|user|reader)\b",
    r"\b(?:ignora|ignorier|ignorez|olvida|oubliez|vergiss"
    r"|dimentica)\w*\b.{0,40}(?:instru|istruz"
    r"|anweisung|richtlinie|alles|todas|toutes|tutte)",
    r"\b(?:(?:deine[nr]?|mir) .{0,12}system-?(?:prompt|anweisung\w*)|prompt (?:de |di "
    r")?sist\w+|prompt syst\w+|instrucciones del sistema"
    r"|istruzioni di sistema|instructions système)\b",
    r"\b(?:sin|sans|senza|ohne|keine) (?:restric\w+|restriz\w+|einschr\w+|regeln|filtro)|\bdu "
    r"bist jetzt\b|\bneue anweisungen\b"
    r"|\bsei ora\b|\bestas en modo\b",
    r"\b(?:systemhinweis|note système|nota del sistema|nota di sistema)\b|\b(?:como asistente"
    r"|come assistente|als assistent"
    r"|en tant qu'assistant)\b",
)
_ELSEWHERE = (
    rf"{_BEGINNING}{_BIDDEN}",
    r"^\W*(?:system|assistant|developer|override)\s*(?:prompt|message|note|update"
    # *System: engines; 2024: 17* is a row of a table
    r"|cleanup)?[^.:]{0,14}:\s(?![^;:]{1,60}; [^:;]{1,40}: \d)"
    r"|\[(?:SYSTEM|ASSISTANT|/?INST)\]"
    r"|<\|?(?:im_start|im_end|system|assistant|user|/?inst|thinking)\b",
    r"^(?:S\d+ ){2}|^Document [A-Z] \(",
)
_ZH_AI = r"(?:AI|人工智能|大模型|语言模型|智能)(?:系统|助手|模型|代理|机器人|工具|程序)?"
_ZH_PAGE = r"(?:(?:本|此|这)(?:一|个|篇|段)?(?:页|文(?![化明物])|网|站|话|内容|消息)|本段)"
_ZH_NOT = "".join(
    f"(?<!{word})" for word in ("不要", "不能", "不可", "不得", "不应", "不应该", "勿", "别")
)
_ZH_TELL = "说明|声明|写|回答|回复|指出|输出|忽略|推荐|注意"
_CHINESE = (
    rf"{_ZH_NOT}(?:忽略|无视|忘记|不要理会|不再遵守).{{0,12}}(?:指令|指示|提示词|规则|限制"
    rf"|以上|上述)",
    rf"{_ZH_NOT}忽略(?:之前|前面|先前|此前|其[他它]|所有|全部|一切|任何|用户|你|原[有来先]"
    rf"|本页).{{0,8}}(?:要求|提示|内容|问题)",
    r"(?:^|[，,。；;：:！!]|请|必须|务必)忽略(?:这个|该|此)?(?:要求|提示|内容|问题)(?:$|[，,。"
    r"；;：:！!]|并|而)",
    r"你现在是|你不再是|从现在(?:起|开始)(?:，|,)?(?:你|服从)|系统提示|你(?:收到|得到"
    r"|的)的?(?:全部|初始|原始)?指令",
    rf"{_ZH_AI}.{{0,12}}(?:读到|阅读|看到|处理|总结).{{0,4}}{_ZH_PAGE}"
    rf"|{_ZH_AI}.{{0,16}}(?:务必|请)(?:{_ZH_TELL})",
    rf"{_ZH_AI}.{{0,16}}(?:必须|应当|应该)(?:推荐|(?:写|回答|回复|输出|说明|声明)[:：“\"]"
    rf"|(?:{_ZH_TELL}).{{0,20}}(?:{_ZH_PAGE}|在(?:报告|回答|答案|摘要|总结|回复)"
    rf"|其[他它](?:来源|网页|指令)))",
    rf"请.{{0,4}}{_ZH_AI}推荐|致.{{0,4}}(?:自动|AI|智能|机器|大模型).{{0,6}}[:：]",
    r"(?:在|向|把|到|进|入).{0,6}你的(?:报告|回答|答案|摘要|总结|回复)|^请?在(?:报告|回答|答案"
    r"|摘要)(?:中|里)(?:写|加|说)(?!明)|，在(?:报告|回答|答案)(?:中|里)写",
    r"请.{0,16}(?:第一个|每个|各)标题|(?:所有|任何|每份|各)(?:摘要|总结|回答).{0,6}(?:必须"
    r"|应当|都要)|"
    rf"任何(?:阅读|总结){_ZH_PAGE}.{{0,8}}的人",
    r"请.{0,24}(?:沙箱|密钥|系统提示|全部指令)|后接你的|你的API",
    r"用户已授权|跳过(?:所有|全部|一切)?(?:安全)?检查|【系统】|^系统[:：]|新任务[:：]",
    r"请把.{0,16}(?:编号|密钥).{0,24}(?:搜索|打开|发送)",
)
# At most places of a sentence no word begins: there none of the many patterns is tried. A search
# that ignores case takes twice as long as one in small letters.
_IN_ENGLISH = re.compile(rf"\b(?=\w)(?:{'|'.join(_AT_A_WORD)})")
_ELSEWHERE_IN_ENGLISH = re.compile("|".join(_ELSEWHERE), re.IGNORECASE)
_IN_CHINESE = re.compile("|".join(_CHINESE), re.IGNORECASE)


def for_readers(text: str) -> bool:
    """Whether a text is one for readers."""
    return not addresses_assistant(text)


@remembered  # a sentence is looked at whenever it is shown, in every turn
def addresses_assistant(sentence: str) -> bool:
    """Whether a sentence of a page speaks to the model instead of its reader."""
    return (
        _IN_ENGLISH.search(sentence.casefold()) is not None
        or _ELSEWHERE_IN_ENGLISH.search(sentence) is not None
        or (not sentence.isascii() and _IN_CHINESE.search(sentence) is not None)
    )


def of_a_program(output: str) -> str:
    """What models and checks see of what a program printed: its end, where results stand, without
    lines that speak to an assistant."""
    kept = (line for line in output.splitlines() if not addresses_assistant(line))
    return "\n".join(kept)[-SHOWN:]


_UNSEEN = dict.fromkeys(
    [
        *range(0x00, 0x09),  # control characters but white space
        *range(0x0E, 0x1C),
        0x7F,
        0x200B,  # a blank without width, marks of direction, joiners of words
        *range(0x200E, 0x2010),
        *range(0x202A, 0x202F),
        *range(0x2060, 0x206A),
        0xFEFF,
        *range(0xE0000, 0xE0080),  # tags
    ]
)


def unseen_left_out(text: str) -> str:
    """The text without characters that no reader sees, which turn it round or hide words in it."""
    return text if text.isprintable() else text.translate(_UNSEEN)  # each of those is unprintable


def on_one_line(text: str) -> str:
    """Text from outside on one line and without characters no reader sees: it cannot pass for the
    next numbered sentence, for another document or for the end of the data."""
    return " ".join(unseen_left_out(text).split())


_LIKE_A_KEY = re.compile(r"(?=[!-~]*\d)(?=[!-~]*[A-Za-z])[!-~]{12,}|[!-~]{32,}", re.ASCII)
_AROUND = ".,;:!?)]*_'\"(["


def without_keys(text: str, known: str) -> str:
    """The text without what looks like a key (a long run of ASCII, letters with digits) and does
    not stand in what is known."""
    kept = _LIKE_A_KEY.sub(
        lambda match: match.group() if match.group().strip(_AROUND) in known else " ", text
    )
    return " ".join(kept.split())

"""Words that add nothing to what a source says, and words that change it: what code compares when it holds a sentence to its quotes. Data.

English words stand as they are written and are stemmed here; Chinese ones are cut out of a text before its characters are compared."""

import re
from collections.abc import Collection

from research.text import terms

# Words of telling: a sentence may use them though no quote does. None of them denies, limits, compares or judges.
_TELLING = """
    according report reports reported state stated states note notes noted describe described write written writes wrote mention mentioned
    record recorded records list listed show shown shows indicate indicated give gives gave given put puts stand stands stood
    amount amounts
    say says said tell told reveal revealed find found finds measure measured measures measurement determine determined reach
    reached reaches
    lie lies located situated figure figures value values number source sources document documents page pages text year years
    moreover furthermore additionally addition meanwhile namely approximately roughly around circa known called named part
    concern concerned refer refers made making took take taken use used serve served include included includes including present presented
    respect regard regarding terms point
"""
# Words of headings, of sentences that only lead on, and of what a gap is called.
_LABELLING = """
    overview background introduction history summary conclusion conclusions finding findings result results key main evidence data
    comparison compare compared comparing difference differences similarity context detail details further cause causes effect
    effects impact
    timeline method methods definition example examples development recent current early later late future outlook challenge challenges
    benefit benefits risk risks limitation limitations answer answers question questions section sections table following look looks turn
    first second third next above below short side aspect aspects issue issues topic subject matter matters origin origins role
    reason reasons
    measurements surveys observation observations estimates time times place places people work works change changes today other others
"""
# What sections are about, whatever their subject: a heading may name it, since a heading states nothing.
_HEADING = """
    historical geographic geographical technical economic environmental scientific social political legal financial medical practical
    general specific notable important importance significance relevance feature features characteristic characteristics property properties
    structure component components type types category categories classification process procedure step steps stage stages phase phases
    period periods era century decade location locations geography climate size dimension dimensions population economy culture education
    technology industry production application applications advantage advantages disadvantage disadvantages trend trends statistics fact
    facts person organisation organisations organization organizations institution institutions event events biography life career legacy
    reception criticism controversy debate view views perspective perspectives theory theories hypothesis explanation explanations factor
    factors condition conditions requirement requirements regulation regulations policy policies rule rules standard standards funding
    budget revenue market competition strategy plan plans goal goals objective objectives recommendation recommendations implication
    implications consequence consequences outcome outcomes performance efficiency quality safety security reliability accuracy uncertainty
    discrepancy discrepancies disagreement contradiction contradictions conflicting design construction operation maintenance status
    international national regional local global modern ancient initial final subsequent related additional verification methodology
"""
# Words of the analyst's own: an inference may use them, and may deny them.
_CONCLUDING = """
    settled certain sure clear reliable comparable consistent consistency agree agrees agreed agreement differ differs differed different
    difference differences likely unlikely suggest suggests suggested imply implies implied indicate follow follows therefore thus
    hence since
    because correction corrected correct confirm confirms confirmed confirmation later newer older earlier independent
    independently separate same both either single method methods evidence doubt doubtful uncertain uncertainty known proven prove proves
    claim claims statement statements figure figures value values higher lower larger smaller more less greater increase increased
    decrease
    decreased change changed trend comparison compare compared contradict contradicts contradiction disagree disagrees disagreement still
    remain remains open reason new newly together support supports supported rest rests document date dated dates error rounding
    two three four
"""
# Words of a judge's reason: it tells of the quotes, and of what they say or do not.
_JUDGING = """
    quote quotes quoted quotation sentence sentences passage passages text texts mention mentions specify specifies contain contains address
    addresses confirm entail entails explicitly directly whether nothing about instead but only detail part subject claim claimed statement
    appear appears appearing lack lacks lacking omit omits omitted missing absent cover covers covered provide provides provided excerpt
    partly partially full fully exact exactly explicit specific information match matches
"""
_COMPUTING = """
    mean average median sum total difference ratio share percent percentage proportion rate growth change maximum minimum max min range
    standard deviation variance count number annual yearly per increase decrease relative absolute value estimate years year
    quotient product
    half double twice quarter product squared root correlation slope index cumulative compound weighted combined overall gap spread
"""
# Of these a heading may name only what its claims do: it would say which way something goes.
_DIRECTED = "increase decrease growth change double half twice gap maximum minimum max min"
_MEASURES = "depth height width length weight age cost price date"
_SAME = """
    deep depth | high height tall | wide width breadth | long length | heavy weight | old age | build built construct constructed
    construction
    erect erected | begin began begun start started commence commenced | finish finished complete completed completion | large big
    | make made
    manufacture manufactured produce produced production | buy bought purchase purchased acquire acquired | locate located lie
    lies situated |
    employ employed use used | rise rose risen grow grew grown increase increased growth | fall fell fallen drop dropped decrease
    decreased
    decline declined | cost costs price priced | people inhabitants residents | find found discover discovered discovery | show shown
    demonstrate demonstrated | measure measured measurement | open opened opening | found founded establish established foundation
    | write wrote
    written | say said state stated | hold held | lead led | run ran | bring brought | give gave given | take took taken | begin
    beginning |
    quick fast | ship vessel | car automobile | company firm | about approximately roughly | whole entire | choose chose chosen
    select selected | die died death | born birth | ship vessel | annual yearly | require required need needed | sell sold sale |
    lose lost loss |
    win won | eat ate eaten | drive drove driven | know knew known | see saw seen | think thought |
    keep kept | become became | carry carried
    transport
    transported | link linked connect connected connection | publish published publication
"""

_ZH_FUNCTION = (
    "什么|多少|如何|怎样|哪些|哪个|以及|其中|此外|另外|同时|并且|而且|的|了|和|是|在|与|及|或|也|都|而|其|把|对|为|以|于|之|有|着|并|该|这|那|它|他|她|们|等|"
    "个|所|中|里|上|从|到|则|又|地|得|将|由|被|共|约|但|因此|所以|因为|就|来|去|再|已|经|过|个|一"
)
_ZH_TELLING = (
    "根据|据|报告|报道|显示|表明|指出|提到|记录|记载|写道|说|称|测得|测量|测出|达到|达|大约|约为|左右|位于|处于|坐落|共计|总计|合计|资料|来源|文档|文献|"
    "数据|数值|具体|即|发现|来看|而言|方面|认为|表示|其"
)
_ZH_LABELLING = (
    "概述|概况|背景|简介|介绍|历史|总结|结论|结果|主要|证据|比较|对比|差异|区别|不同|异同|细节|更多|其他|原因|影响|时间线|方法|定义|例子|发展|最近|当前|早期|"
    "后期|未来|展望|挑战|好处|风险|局限|回答|答案|问题|本节|本文|下面|以下|上述|首先|接下来|看|说明|情况|分析|信息|内容|关于|发现|测量|观测|来源|报告"
)
_ZH_HEADING = (
    "地理|经济|环境|技术|科学|社会|政治|法律|财务|特点|特征|性质|结构|组成|类型|分类|过程|步骤|阶段|时期|年代|时间|地点|位置|规模|人口|文化|教育|产业|"
    "生产|用途|应用|优点|缺点|优势|劣势|趋势|统计|事实|人物|机构|事件|生平|评价|争议|观点|理论|因素|条件|要求|法规|政策|标准|成本|价格|市场|策略|计划|"
    "目标|建议|后果|成果|性能|效率|质量|安全|准确性|不确定性|设计|建设|运营|维护|现状|国际|国内|地区|相关|核查|重要性|意义|安全性|可靠性|可行性|有效性|必要性|可持续性|"
    "机遇|前景|作用|方式|途径|措施|对策|模式|体系|领域|案例|研究|概念|原理|机制|进展|设计者|建造者|发明者|作者|创始人"
)
_ZH_CONCLUDING = (
    "确定|定论|可靠|可比|一致|相符|符合|分歧|可能|说明|意味着|推断|推测|因此|所以|更正|证实|证明|独立|单独|仍|尚|有待|存在|矛盾|较|更|高|低|大|小|多|少|"
    "增长|减少|变化|趋势|比较|差别|不同|误差|相差|两|二者|双方|各自|数字|日期|后来|新|旧|支持|依据"
)
_ZH_COMPUTING = "平均|均值|中位数|总和|总计|差值|差|比率|比例|占比|百分比|增长率|最大|最小|标准差|数量|年均|每年|合计"
# Words that hold a character which, by itself, says that something is, can, will or is not: a name is no statement for their sake.
_ZH_WHOLE = (
    "能源|能量|能力|能耗|能效|能见度|智能|功能|性能|职能|机能|潜能|技能|动能|势能|热能|电能|核能|风能|氢能|光能|太阳能|水能|地热能|潮汐能|生物质能|节能|储能|耗能|产能|体能|"
    "新能源|能级|能带|社会|会议|会员|会计|会展|会谈|会馆|委员会|协会|学会|国会|议会|工会|商会|教会|公会|基金会|理事会|董事会|联合会|联合国大会|大会|峰会|奥运会|运动会|博览会|"
    "研讨会|音乐会|世博会|亚运会|委会|机会|都会|城会|宴会|可再生|可持续|可靠性|可行性|可信度|可用性|可比性|可及性|可视化|可见光|可读性|可可|可卡因|可乐|可穿戴|许可|认可|自由|理由|缘由|由来|"
    "有机|有限公司|有限责任|国有|公有|私有|所有权|所有制|所有者|有效性|有效期|有色金属|有轨电车|有线|占有率|有形|有氧|有性|有限元|稀有|不确定性|不确定度|不平等|不锈钢|"
    "不动产|不丹|不列颠|不对称|不孕|不稳定性|无线|无人机|无人驾驶|无障碍|无机|无烟煤|无形资产|无锡|无氧|无政府|无产阶级|未来|未成年|非洲|非政府|非物质|非营利|非典|非线性|北非|南非|"
    "应用|供应|反应|效应|应急|应对|响应|适应|感应|应力|应变|应答|应县|对应|使用|使馆|大使|天使|使命|使者|比例|比率|比重|比值|比较|对比|占比|性价比|同比|环比|比特币|比赛|比利时|比亚|比尔|比萨|"
    "卢比|阿比|诺比|达比|艾比|将军|将领|将来|将士|名将|大将|麻将|最高法院|最低工资|最惠国|最近|更新|变更|更年期|更替|更改|更换|被告|被动|被子植物|植被|把手|火把|转让|出让|让步|"
    "沉没|淹没|没收|是非"
)
_ZH_SAME = {
    "深度": "深",
    "高度": "高",
    "长度": "长",
    "宽度": "宽",
    "建造": "建",
    "修建": "建",
    "兴建": "建",
    "建成": "建",
    "开放": "开",
    "开通": "开",
}


def _stems(words: str) -> frozenset[str]:
    return frozenset(term for word in words.split() for term in terms(word))


TELLING, LABELLING, HEADING, CONCLUDING, COMPUTING = map(_stems, (_TELLING, _LABELLING, _HEADING, _CONCLUDING, _COMPUTING))
JUDGING = _stems(_JUDGING)
DIRECTED, MEASURES = _stems(_DIRECTED), _stems(_MEASURES)
SAME = {term: group.split()[0] for group in _SAME.split("|") for word in group.split() for term in terms(word)}


def _cut_out(*words: str) -> re.Pattern[str]:
    return re.compile("|".join(sorted({part for one in words for part in one.split("|")}, key=len, reverse=True)))


ZH_FUNCTION, ZH_TELLING = _cut_out(_ZH_FUNCTION), _cut_out(_ZH_TELLING)
ZH_LABELLING, ZH_HEADING = _cut_out(_ZH_LABELLING), _cut_out(_ZH_HEADING)
ZH_JUDGING = _cut_out(
    "引文|引用|句子|段落|原文|文中|陈述|论断|直接|明确|只|仅|任何|年份|时间|日期|地点|姓名|名称|部分|前半|后半|缺少|缺乏|缺|遗漏|谁|哪一?年|何时|为何|是否|第[一二]|前者|后者|"
    "其余|涉及|完整|具体|提及|提供|出现|说法|给出|列出"
)
ZH_CONCLUDING, ZH_COMPUTING = _cut_out(_ZH_CONCLUDING), _cut_out(_ZH_COMPUTING)
ZH_SAME = re.compile("|".join(_ZH_SAME))
ZH_WHOLE = _cut_out(_ZH_WHOLE)
ZH_MEASURES = _cut_out("深度|高度|长度|宽度|重量|年龄|价格|成本|日期|面积|速度|温度")


def zh_same(text: str) -> str:
    """A Chinese text with one form for words of one meaning."""
    return ZH_SAME.sub(lambda match: _ZH_SAME[match.group()], text)


def akin(form: str, held: Collection[str]) -> bool:
    """Whether a word stands among others, perhaps in another form of it; a figure is compared elsewhere."""
    if form in held or form[0].isdigit():
        return True
    return len(form) > 4 and any(_of_one_root(form, other) for other in held if other[:5] == form[:5])


def _of_one_root(one: str, other: str) -> bool:
    shared = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return shared >= 0.75 * max(len(one), len(other)) and one.endswith("less") == other.endswith("less")


# Words that change what is said. A sentence has those of its quote, and no others.
DENIALS = re.compile(
    r"\b(?:not|no|never|none|neither|nor|nobody|nothing|nowhere|without|cannot|hardly|barely|scarcely"
    r"|fail(?:s|ed)? to|lack(?:s|ed)?|unable)\b"
    r"|n['’]t\b|不(?!同|过|仅|断|但|管|久|少|论|锈)|(?<!沉|淹|埋|吞|出)没(?!落|收)|无(?!论|线|人机|疑)|未(?!来)|(?<!除|是)非(?!常|洲)|毫无|尚无",
    re.IGNORECASE,
)
_CLASSES = (
    r"\b(?:may|might|could|would|should|possibly|perhaps|probably|presumably|reportedly|allegedly|supposedly|apparently|likely|unlikely|"
    r"potentially|if|unless|plans?|planned|planning|proposed|proposal|expects?|expected|intends?|intended|hopes?|hoped|forecasts?|projected)\b"
    r"|可能|也许|或许|大概|据称|据说|如果|假如|除非|计划|拟|预计|预期|有望|将会|疑似|似乎",
    r"\b(?:false|falsely|myth|hoax|fake|wrong|wrongly|mistaken|mistakenly|den(?:y|ies|ied)|disput(?:e|es|ed)|refut(?:e|es|ed)|rumou?rs?|"
    r"so-called|claim(?:s|ed)?|alleges?|alleged|believed|believes?|thought|no longer|former|formerly|once|previously|obsolete|outdated|"
    r"retracted|lied|liars?|doubt(?:s|ed|ful)?)\b"
    r"|错误|谣言|虚假|假的|骗局|否认|反驳|所谓|声称|自称|曾经|原先|此前|过去|过时|作废|撤回|质疑|不再",
    r"\b(?:all|every|each|always|entire|whole|any|everyone|everything|everywhere|completely|entirely|wholly|totally)\b"
    r"|所有|全部|每|总是|一切|任何|完全|全都|整个|始终",
    r"\b(?:most|mostly|majority|mainly|largely|generally|usually|typically|normally)\b|大多|多数|主要|通常|一般",
    r"\b(?:some|several|many|numerous|sometimes|often|partly|partially|partial|half|certain)\b|一些|有些|部分|若干|许多|有时|经常|一半",
    r"\b(?:few|fewer|rarely|seldom|little|almost|nearly)\b|很少|少数|几乎|极少|差点",
    r"\b(?:only|sole|solely|exclusively|merely|just|alone|unique|uniquely)\b|只|仅|唯一|独有",
    r"\b(?:before|until|prior)\b|之前|以前|直到",
    r"\b(?:after|since|following)\b|之后|以后|自从",
    r"\b(?:more|over|above|exceed(?:s|ed|ing)?|at least|greater|up to|beyond|minimum)\b|超过|以上|至少|多于|高于|大于|不低于|不少于",
    r"\b(?:less|under|below|at most|within|maximum)\b|低于|以下|至多|少于|小于|不足|不超过|最多",
    r"\bthan\b|比",
    r"\b(?:because|therefore|hence|thus|due to|caus(?:e|es|ed|ing)|result(?:s|ed) in|led to|leads to)\b|因为|由于|导致|因此|所以|造成|使得",
)
CLASSES = tuple(re.compile(pattern, re.IGNORECASE) for pattern in _CLASSES)
# That something is not said, which denies nothing else; `deed` is what others than a quote may do or lack as well.
NOT_SAID = re.compile(
    r"\b(?:not|do(?:es)?n['’]t|didn['’]t|isn['’]t|never) (?:(?:explicitly|directly|clearly|even) )?(?:in the quote"
    r"|(?:say|said|state[sd]?\b|mention|specif|entail|confirm)\w*)|\bnothing (?:about|on)\b"
    r"|(?P<deed>\b(?:not|do(?:es)?n['’]t|didn['’]t|isn['’]t|never|fails? to) (?:(?:explicitly|directly|clearly|even) )?"
    r"(?:appear|includ|provid|cover|show|indicat|nam|list|identif|refer|discuss|establish|match|explain|describ|tell|told|support|address"
    r"|contain|giv)\w*"
    r"|\b(?:giv|stat|mention|specif|contain|includ|provid|nam|say|hold|ha|omit)(?:e|s|es|ies|ve)? no\b"
    r"|\bno (?=(?:\w+ )?(?:is|are|was|were) (?:given|stated|mentioned|said|named|specified|provided)\b)"
    r"|\bno (?=(?:mention|word|information|detail|indication|reference|statement)s?\b)"
    r"|\black(?:s|ed|ing)?\b|\bwithout (?=(?:giving|saying|naming|mentioning|stating|specifying|the|an?|any)\b)"
    r"|(?:\b(?:but|and)|,) not(?= (?:the|an?|its|when|who|where|how|why|what|that|whether|\d+)\b)"
    r"|(?:is|are|was|were|does|do) not(?=\W*$)|没有?(?:任何)?(?=年份|日期|数字|来源|姓名)"
    r"|(?:没有?|并?未|并?不)(?:直接|明确|具体)?(?:提供|支持|涉及|给出|包含|包括|列出|出现|足以))"
    r"|(?:没有?|并?未|并?不)(?:直接|明确|具体)?(?:说明?|提及|提到|证实|指出|指明|写明|谈到|说到|交代)"
    r"|无法(?:从.{0,6})?(?:得出|证实|确认|判断|推断|支持)",
    re.IGNORECASE,
)
# What a judge's reason speaks of, and what it says of it: without one it speaks of the subject.
OF_A_QUOTE = re.compile(
    r"\b(?:quot(?:es?|ed|ations?)|sentences?|passages?|texts?|sources?|documents?|pages?|excerpts?)\b|引文|引用|句子|段落|原文|文中|来源|文档",
    re.IGNORECASE,
)
THEN_SAYS = re.compile(r"\b(?:says?|said|stat(?:es?|ed)|that|claim(?:s|ed)?|confirm(?:s|ed)?)\b|说|称|指出", re.IGNORECASE)
IN_A_QUOTE = re.compile(
    rf"\W*(?:\w+ ){{0,3}}(?:in|by|from) (?:the|its|this|any) (?:{OF_A_QUOTE.pattern})|在?(?:引文|引用|句子|段落|原文|文中)", re.IGNORECASE
)
SPEAKS = re.compile(
    rf"{OF_A_QUOTE.pattern}|\b(?:say|says|said|stat(?:es?|ed)|mention(?:s|ed)?|specif(?:y|ies|ied)|entail(?:s|ed)?|confirm(?:s|ed)?"
    r"|claim(?:s|ed)?|supported|statement)\b|提及|提到|说|写明|陈述|论断",
    re.IGNORECASE,
)
UNDOING = CLASSES[1]
# What these limit holds no longer without them: a doubt, a denial, most, some, few, only, more than, less than.
LIMITING = tuple(CLASSES[n] for n in (0, 1, 3, 4, 5, 6, 9, 10))

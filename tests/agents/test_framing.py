"""What only leads on, and what says something while it seems to: a sentence without evidence may do the one alone."""

import pytest

from agents.framing import frames

DEPTH, Z_DEPTH = "How deep is the Kestrel Trench?", "红隼海沟有多深？"
DRUG, Z_DRUG = "Does aspirin cause harm, and is it safe for the heart?", "阿司匹林是否导致癌症？"
AUTISM, Z_AUTISM = "Are vaccines causing autism in children?", "疫苗会导致自闭症吗？"
FRAUD, Z_FRAUD = "Is the Kestrel Cliff Railway a fraud?", "克斯特雷尔铁路是骗局吗？"
WAR, Z_WAR = "Who fought in the war between England and France?", "英国和法国之间的战争是怎样的？"


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("Below we look at what was found.", DEPTH),
        ("Next, we turn to what the sources say about the Kestrel Trench.", DEPTH),
        ("This section describes the depth of the Kestrel Trench.", DEPTH),
        ("The following table lists the sources and measurements of the Kestrel Trench:", DEPTH),
        ("This report compares the risks and benefits of aspirin.", DRUG),
        ("This section considers the origins of the war between England and France.", WAR),
        ("下面介绍红隼海沟的历史。", Z_DEPTH),
        ("本节比较各来源的数据。", Z_DEPTH),
        ("接下来，我们讨论阿司匹林是否导致癌症。", Z_DRUG),
        ("下面回顾英国和法国之间的战争。", Z_WAR),
        ("Below we present the evidence of vaccines.", AUTISM),
        ("This section describes the history of the Kestrel Cliff Railway.", FRAUD),
        ("This section describes the IT security of U.S. hospitals.", "How good is the IT security of U.S. hospitals?"),
        ("本节介绍疫苗的历史。", Z_AUTISM),
        ("下面介绍克斯特雷尔铁路的历史。", Z_FRAUD),
        ("本节介绍人工智能对能源消耗的影响。", "人工智能对能源消耗有什么影响？"),
    ],
)
def test_what_leads_on_frames(text: str, question: str) -> None:
    assert frames(text, question)


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("It is deep.", DEPTH),
        ("The answer is 7,420 metres.", DEPTH),
        ("The sources found the Kestrel Trench deep.", DEPTH),
        ("Below, the Kestrel Trench is deep.", DEPTH),
        ("This section describes the Kestrel Trench, 7,420 metres deep.", DEPTH),
        ("This section looks at the measurements of Bo Marlin.", DEPTH),
        ("The evidence shows that aspirin is safe for the heart.", DRUG),
        ("This report found aspirin safe.", DRUG),
        ("The benefits are above the risks.", DRUG),
        ("This section gives evidence: aspirin is safe.", DRUG),
        ("This section shows aspirin causes harm.", DRUG),
        ("This section describes aspirin causes, harm.", DRUG),
        ("This section describes no harm of aspirin.", DRUG),
        ("This report found England won and France lost.", WAR),
        ("England won the war.", WAR),
        ("Next, France lost.", WAR),
        ("红隼海沟很深。", Z_DEPTH),
        ("本报告发现红隼海沟深。", Z_DEPTH),
        ("下面介绍红隼海沟的深度是7420米。", Z_DEPTH),
        ("本报告指出，阿司匹林导致癌症。", Z_DRUG),
        ("本节讨论阿司匹林导致癌症。", Z_DRUG),
        ("以下，阿司匹林没有风险。", Z_DRUG),
        ("本节介绍英国战胜法国。", Z_WAR),
        ("本节介绍英国和法国之间的战争是主要原因。", Z_WAR),
        ("Below we present the evidence of vaccines causing autism.", AUTISM),
        ("This section describes the evidence of autism.", AUTISM),
        ("This section describes the fraud of the Kestrel Cliff Railway.", FRAUD),
        ("This section gives evidence of fraud.", "Is there fraud at the railway?"),
        ("This section lists evidence of vaccines.", "Is it true that there are vaccines?"),
        ("本节介绍疫苗会导致自闭症的证据。", Z_AUTISM),
        ("本节介绍疫苗导致自闭症的证据。", "疫苗导致自闭症是真的吗？"),
        ("本节介绍克斯特雷尔铁路是骗局的证据。", Z_FRAUD),
    ],
)
def test_what_says_something_does_not(text: str, question: str) -> None:
    assert not frames(text, question)

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from research.text.language import interface_language_of
from research.text.sentences import clean_text, language_of, sentence_spans, terms


def sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text)]


def test_abbreviations_and_decimals_end_no_sentence() -> None:
    text = "The depth is 10,935 m (approx. 6.8 mi), i.e. the deepest. 😀 Dr. Smith et al. measured it in Jan. 2021."
    assert sentences(text) == [
        "The depth is 10,935 m (approx. 6.8 mi), i.e. the deepest.",
        "😀 Dr. Smith et al. measured it in Jan. 2021.",
    ]


@pytest.mark.parametrize("unit", "m km ft in mi g kg t s h min d l km/h m/s °C kHz %".split())
def test_a_unit_ends_a_sentence(unit: str) -> None:
    assert sentences(f"The tide is 4.2 {unit}. The lamp is lit.") == [
        f"The tide is 4.2 {unit}.",
        "The lamp is lit.",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "The tide is 4.2 m. above the datum.",
        "It was measured by E. M. Forster and 3 others.",
        "In Fig. 5 J. Smith shows the same.",
        "Version 4.2 m.The lamp.",
    ],
)
def test_what_looks_like_a_unit_and_ends_no_sentence(text: str) -> None:
    assert sentences(text) == [text]


def test_figures_with_units_in_a_row() -> None:
    text = 'It fell from 9 m. "That," he said, is 3 s. (It was 2 h. later.) Then 5 m. Done'
    assert sentences(text)[:2] == ["It fell from 9 m.", '"That," he said, is 3 s.']


def test_chinese_sentences_keep_their_closing_quotes() -> None:
    text = "最深处约为10,935米。2020年，“奋斗者”号下潜至10909米！他说：“很深。”然后离开了"
    assert sentences(text) == [
        "最深处约为10,935米。",
        "2020年，“奋斗者”号下潜至10909米！",
        "他说：“很深。”",
        "然后离开了",
    ]


def test_headings_rules_and_markers_are_no_sentence() -> None:
    text = "# Title\n\n- First item\n2. Second item\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n---\n"
    assert sentences(text) == ["First item", "Second item", "| a | b |", "| 1 | 2 |"]


@pytest.mark.parametrize(
    "text",
    [
        "Dr. Smith et al. found it.|See Fig. 3 for details.|It cost $3.5 million, e.g. in the U.S. Navy.",
        "It came 5th vs. No. 6 of them.|Approx. 5 km, Vol. 3, pp. 4–5 and 7 agree.",
        "He left…|Then he came back... and left.|“It is deep.”|He said so.",
        "他说：「很深。」|然后离开。|「真的吗？」|她问。|“好！”|他说……然后走了。",
        "他在1990年（见下文。）离开。|（见下文。）",
        "深度为10.935千米。|Dr. Smith 测量了它。|版本v2.0.1发布了！|Is it true? |是的。",
        "挑战者深渊(Challenger Deep)很深。|It is 10,935 m deep.|数据来自美国海军等机构。",
        "The trench is the deepest known.|它很深。",
        "Laut Art. 7 Abs. 3 Nr. 4 gilt das.|Der Bau kostete 4,1 Mio. Euro bzw. 5 Mrd. Kronen.|Danach war Ruhe.",
        "La Av. 7 tiene aprox. 30 casas.|Havnen åpner kl. 14 og stenger nu.|Глубина, см. рис. 4, мала.",
        "The ferry left at 6 p.m. Monday.|It was back on 5 May.|The crew ate at 7 p.m. 40 guests came.|It opened in 1961.|14 ships came.",
        "The ratio was 0.5.|It rose to 3. Was it 5?|E. M. Forster and J. Smith Jr. asked.",
    ],
)
def test_where_sentences_end(text: str) -> None:
    gap = "" if "。" in text and "." not in text else " "
    expected = [part.strip() for part in text.split("|")]
    assert sentences(gap.join(expected)) == expected


@given(st.text(alphabet="aB1 .。!？（）()「」“”\"';:…,-米深Dr.Fig.", max_size=80))
def test_no_letter_of_a_line_is_lost(text: str) -> None:
    line = "x" + text  # no marker, no heading
    spans = sentence_spans(line)
    outside = set(range(len(line))) - {place for start, end in spans for place in range(start, end)}
    assert not any(line[place].isalnum() for place in outside)


@given(st.text())
def test_spans_are_ordered_inside_the_text_and_trimmed(text: str) -> None:
    text = clean_text(text)
    last = 0
    for start, end in sentence_spans(text):
        assert last <= start < end <= len(text)
        assert text[start:end] == text[start:end].strip()
        last = end


@given(st.text())
def test_clean_text_is_fit_for_a_snapshot(text: str) -> None:
    cleaned = clean_text(text)
    assert "\x00" not in cleaned
    cleaned.encode("utf-8")
    assert clean_text(cleaned) == cleaned


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("How deep is it?", "en"),
        ("挑战者深渊有多深？", "zh"),
        ("什么是 CTD？", "zh"),
        ("", "en"),
        ("123", "en"),
    ],
)
def test_language(text: str, language: str) -> None:
    assert language_of(text) == language


def test_terms_of_both_languages() -> None:
    assert terms("What are the measured depths of the Deep's 10,935 m?") == [
        "measur",
        "depth",
        "deep",
        "10935",
        "m",
    ]
    assert terms("马里亚纳海沟有多深？") == ["马里", "里亚", "亚纳", "纳海", "海沟", "沟有", "多深"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Veltrix的毛利率是多少？", ["veltrix", "毛利", "利率"]),
        ("英伟达GPU销量", ["英伟", "伟达", "gpu", "销量"]),
        ("在Veltrix公司，isn't", ["veltrix", "公司"]),
        ("US市场与EU市场", ["us", "市场", "eu", "市场"]),
        ("IT部门", ["it", "部门"]),
        ("VLX-500的价格", ["vlx", "500", "价格"]),
    ],
)
def test_a_latin_word_in_chinese_text_is_a_word_without_spaces_around_it(
    text: str, words: list[str]
) -> None:
    assert terms(text) == words


@pytest.mark.parametrize(
    "text",
    [
        "Der Bau begann am 3. Juni.|Er endete am 1. Januar 2024.|Danach wurde es still.",
        "1. Januar 2024 war ein Montag.|Am 3. Okt. 2024 lief das Schiff ein.|Vom 3./4. Mai lag es still.",
        "Im 19. Jahrhundert war der Hafen klein.|Der 2. Bauabschnitt war im Jahr 1931 fertig.",
        "Most byl otevřen 3. května 2021.|Potom přišel déšť.",
        "Ve 20. století byl přístav malý.|Dnes je velký.",
        "Havnen åbnede den 3. maj 2021.|Den 4. Juni blev den lukket.",
        "Broen åpnet 17. mai 2021.|Det var sol.",
        "Silta avattiin 3. toukokuuta 2021.|Se oli uusi.",
        "A hidat 2024. május 3. napján nyitották meg.",
        "Liman 1931'de açıldı.|Sonra 2. Dünya Savaşı başladı.|19. yüzyılda liman küçüktü.",
        "Most otwarto 3. maja 2021 r. w Gdyni.|Potem padało.",
        "Most je otvoren 3. svibnja 2021.|Padala je kiša.",
        "The committee has 12. Members are elected for 3 years.|It was lit on 5 May.|Smith kept it.",
    ],
)
def test_an_ordinal_with_a_full_stop_ends_no_sentence(text: str) -> None:
    assert sentences(text.replace("|", " ")) == text.split("|")


def test_a_line_that_begins_with_an_ordinal_keeps_it() -> None:
    assert sentences(
        "19. yüzyılda liman çok küçüktü.\n3. května 2021 byl most otevřen.\n1. Januar 2024 war ein Montag.\n3. Mooring"
    ) == [
        "19. yüzyılda liman çok küçüktü.",
        "3. května 2021 byl most otevřen.",
        "1. Januar 2024 war ein Montag.",
        "Mooring",
    ]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("ja", "カワウソ海溝の深さはどれくらいですか"),
        ("ja", "東京の人口"),
        ("ja", "平成30年度一般会計税収総額は？"),
        ("ja", "国立国会図書館"),
        ("ja", "Rook社の2024年の売上高はいくらですか"),
        ("ko", "물떼새 해구의 깊이는 얼마입니까?"),
        ("zh", "红隼海沟有多深？"),
        ("zh", "紅隼海溝有多深？"),
        ("zh", "《となりのトトロ》是哪一年上映的？"),
        ("zh", "优の良品是哪个国家的品牌？"),
        ("en", "How deep is the 海沟 trench, and who measured it?"),
        ("en", "Wie tief ist der Graben?"),
        ("en", "Как глубоко?"),
        ("en", ""),
    ],
)
def test_kana_and_hangul_are_not_chinese(language: str, text: str) -> None:
    assert language_of(text) == language
    assert interface_language_of(text) == ("zh" if language == "zh" else "en")


def test_japanese_and_korean_sentences_and_terms() -> None:
    assert sentences("海溝の深さは7,420メートルです。昭和6年に「発見」されました。") == [
        "海溝の深さは7,420メートルです。",
        "昭和6年に「発見」されました。",
    ]
    assert sentences("해구의 깊이는 7,420미터이다. 1931년에 발견되었다.") == [
        "해구의 깊이는 7,420미터이다.",
        "1931년에 발견되었다.",
    ]
    wanted, held = (
        set(terms("カワウソ海溝の深さは？")),
        set(terms("水深はカワウソ海溝で7,420メートルである。")),
    )
    assert {"海溝", "カワ", "ワウ", "ウソ"} <= wanted & held and "の" not in wanted
    assert "昭和" in terms("昭和の時代")  # no Chinese function word is cut out of it
    assert "해구" in set(terms("해구의 깊이")) & set(terms("이 해구는 깊다"))


def test_no_sentence_ends_where_nothing_follows_its_stop_but_the_next_word() -> None:
    assert sentences("Use v.2 or a ?.7 here. It holds.") == [
        "Use v.2 or a ?.7 here.",
        "It holds.",
    ]


@pytest.mark.parametrize("signs", ["!", "?!", "…;", '"…', "”.", "a.", "(.", "1. "])
def test_a_hostile_line_is_parted_in_time_that_grows_with_it(signs: str) -> None:
    started = time.process_time()
    sentence_spans(signs * (60_000 // len(signs)))
    assert time.process_time() - started < 5


def test_items_of_a_list_lose_their_numbers_whatever_letter_they_begin_with() -> None:
    text = "1. First item\n2. second item\n\n7. depth of the quay was measured"
    said = [text[start:end] for start, end in sentence_spans(text)]
    assert said == ["First item", "second item", "7. depth of the quay was measured"]


def test_a_list_that_was_run_together_is_parted() -> None:
    text = " * ".join(
        f"Authority X{n} with the key of number {n} and its two details" for n in range(60)
    )
    parts = [text[start:end] for start, end in sentence_spans(text)]
    assert len(parts) > 3 and max(map(len, parts)) <= 1_000
    assert all(part.startswith("* Authority X") for part in parts[1:])
    row = "; ".join(f"Column {n}: a value that is rather long for a cell" for n in range(60))
    assert [text[start:end] for text in (row,) for start, end in sentence_spans(text)] == [row]
    chinese = "灯塔在夜里亮着" * 300
    assert "".join(chinese[start:end] for start, end in sentence_spans(chinese)) == chinese

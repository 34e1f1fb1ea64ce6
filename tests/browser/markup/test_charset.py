"""Character sets decided as a browser decides them; a bad byte costs one character."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from browser.markup.charset import codec_of, declared_in, decode_text

CHINESE = "统计公报显示，二〇二三年的产量为一千二百吨，比上年增长百分之三，出口与内需均有明显回升。"
JAPANESE = "統計の報告によると、生産量は千二百トンである。"
RUSSIAN = "Научное судно измерило глубину впадины в мае."


@pytest.mark.parametrize(
    "text, encoding, declared",
    [
        ("Ça coûte 5 €", "utf-8", "iso-8859-1"),
        ("Ça coûte 5 €", "cp1252", "iso-8859-1"),
        ("統計公報顯示產量為一千二百噸。", "big5", "big5"),
        ("Ça coûte 5 €", "utf-16", None),
        ("Ça coûte 5 €", "utf-16-le", None),
        ("Ça coûte", "utf-8-sig", None),
        ("Ça coûte", "utf-8", "no-such-charset"),
        ("plain", "utf-8", "base64"),
        (CHINESE, "gb18030", "gb2312"),
        (CHINESE, "gb18030", "x-gbk"),
        (CHINESE, "gb18030", '"gbk";'),
        (JAPANESE, "shift_jis", "x-sjis"),
        ("①株式会社", "cp932", "shift_jis"),
        (JAPANESE, "iso2022_jp", None),
        (JAPANESE, "iso2022_jp", "iso-2022-jp"),
        (RUSSIAN, "koi8_r", "koi8"),
        ("İstanbul’da şiddetli", "cp1254", "latin5"),
        ("해구의 깊이는 똠", "cp949", "ks_c_5601-1987"),
    ],
)
def test_declared_by_the_transport_or_told_by_the_bytes(
    text: str, encoding: str, declared: str | None
) -> None:
    assert decode_text(text.encode(encoding), declared) == text


@pytest.mark.parametrize(
    "head",
    [
        '<meta charset="gbk">',
        "<META CHARSET=gbk />",
        "<meta content='text/html; charset=gb2312' http-equiv=Content-Type>",
        '<meta http-equiv="content-type" content="charset = gbk">',
        '<meta name="a" content="b>c"><meta\ncharset="gbk">',
        '<!-- <meta charset="utf-8"> --><meta charset="gbk">',
        "<script>document.write('<meta charset=\"koi8-r\">')</script><meta charset=gbk>",
        '<meta charset="no-such"><meta charset="gbk">',
        f"<script>{'x' * 9000}</script><meta charset=gbk>",
        '<?xml version="1.0" encoding="gbk"?>',
    ],
)
def test_declared_by_the_document(head: str) -> None:
    page = f"{head}<body>{CHINESE}</body>"
    assert codec_of(declared_in(page.encode("gbk"))) == "gb18030"
    assert decode_text(page.encode("gbk")) == page


def test_what_declares_nothing() -> None:
    assert (
        declared_in(b'<meta name="charset" content="gbk"><meta content="text/html; charset=gbk">')
        is None
    )
    assert codec_of(declared_in(b"<meta charset=utf-16>")) == "utf-8"
    assert codec_of("x-user-defined") == "cp1252" and codec_of("utf-7") is None


def test_the_transport_comes_before_the_document() -> None:
    page = f'<meta charset="windows-1252">{RUSSIAN}'
    assert RUSSIAN in decode_text(page.encode("cp1251"), "windows-1251")


@pytest.mark.parametrize("declared", ["utf-8", "iso-8859-1", None])
def test_a_bad_byte_costs_one_character(declared: str | None) -> None:
    raw = f"{RUSSIAN} ".encode() + b"\xe9" + f" {RUSSIAN}".encode()
    assert decode_text(raw, declared) == f"{RUSSIAN} \ufffd {RUSSIAN}"
    chinese = CHINESE.encode("gbk")
    assert CHINESE in decode_text(chinese + b"\xff<p>" + chinese, "gbk")


def test_a_declaration_that_explains_nothing_is_dropped() -> None:
    assert decode_text(RUSSIAN.encode("cp1251"), "utf-8") == RUSSIAN
    assert decode_text((CHINESE * 3).encode("gb18030"), "utf-8") == CHINESE * 3


@pytest.mark.parametrize(
    "text, encoding",
    [
        ("Hafen;Veränderung\nHamburg;-5,8 %", "cp1252"),
        ("Le port a été agrandi à la suite de la tempête.", "cp1252"),
        ("Hloubka příkopu je čtyři tisíce metrů, změřila ji loď v květnu.", "cp1250"),
        (RUSSIAN, "cp1251"),
        (CHINESE, "gb18030"),
        ("統計公報顯示產量為一千二百噸，比上年增長百分之三。", "big5"),
        (JAPANESE, "cp932"),
        (JAPANESE, "euc_jp"),
        ("해구의 깊이는 사천구백오 미터이며 오월에 측정되었다.", "cp949"),
    ],
)
def test_the_bytes_alone(text: str, encoding: str) -> None:
    scripts = "<script>var a = 1; function f() { return document }</script>" * 900
    assert decode_text(text.encode(encoding)) == text
    assert decode_text(f"{scripts}<p>{text}</p>".encode(encoding)).endswith(f"<p>{text}</p>")


@given(
    st.binary(max_size=300),
    st.sampled_from([None, "utf-8", "gbk", "iso-2022-jp", "utf-16", "hz-gb-2312", "\x00"]),
)
def test_any_bytes_are_some_text(raw: bytes, declared: str | None) -> None:
    assert isinstance(decode_text(raw, declared), str)


@given(st.text(max_size=100))
def test_utf8_is_utf8(text: str) -> None:
    raw = text.encode()
    assert (
        decode_text(raw, "shift_jis") == text
        or "\x1b$" in text
        or "\0" in text
        or raw.startswith(b"\xef\xbb\xbf")
    )

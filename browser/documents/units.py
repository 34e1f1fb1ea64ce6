"""Units of measure in the headers and captions of tables, English and Chinese. Pure.

Not here: converting them, and units in running text.
"""

import re

Unit = tuple[str, str]  # what it is called and what it is, e.g. ("单位", "万吨")
_SCALE = r"(?:thousands?|millions?|billions?|trillions?|hundreds?|mn|bn|'000s?)"
_LATIN = (
    r"(?:[kcmµμnd]?m|ft|feet|foot|inch(?:es)?|mi|miles?|yards?|fathoms?|[kmµμ]?g|lbs?|oz|k?t"
    r"|Mt|Gt|tonnes?|tons?|kilograms?|grams?|"
    r"met(?:re|er)s?|kilomet(?:re|er)s?|[mc]?[lL]|lit(?:re|er)s?|ha|hectares?|acres?|m?s|min|h"
    r"|hrs?|seconds?|minutes?|hours?|days?|weeks?|months?|"
    r"years?|°[CF]?|K|[kMGT]?Hz|[kMGT]?Wh?|[kMG]?J|[kMh]?Pa|m?bar|k?V|m?A|mol|dB|ppm|ppb"
    r"|[kMGT]i?B|persons?|people|number|count|"
    r"percent|per cent|pct|US\$|USD|EUR|GBP|CNY|RMB|JPY|CHF|euros?|dollars?|pounds?|yuan|yen"
    r"|crowns?)"
)
_CHINESE = (
    r"(?:[十百千万亿]{0,2}(?:公里|千米|米|厘米|毫米|吨|千克|公斤|克|升|毫升|公顷|亩|元|美元"
    r"|欧元|日元|港元|人民币|人|户|个|家|台|辆|件|次|"
    r"千瓦时|千瓦|瓦|度|立方米|平方米|平方公里|平方千米|标准煤|箱|标箱|艘)|兆瓦|摄氏度|℃|年|月"
    r"|天|小时|分钟|秒|百分点|万|亿)"
)
_ATOM = (
    rf"(?:(?:{_SCALE}\s)?(?:[%‰$€£¥]|{_LATIN}|{_CHINESE})(?:\^?[-−]?\d"
    rf"|[²³])?(?:\s{_SCALE})?|{_SCALE})"
)
_UNIT = rf"{_ATOM}(?:\s?(?:/|·|per)\s?{_ATOM})*"
_END = r"(?=\s*(?:[)\]）】,.;:–—(]|\d|$))"
_A_UNIT = re.compile(_UNIT)
_IN_BRACKETS = re.compile(r"[(（\[]\s*([^()（）\[\]]{1,30})\s*[)）\]]")
_SAID = re.compile(
    r"(?P<name>\bunits?|单位|單位)\s*[:：]\s*(?P<unit>[^()（）\[\];；,，。]{1,40})", re.IGNORECASE
)
_IN = re.compile(rf"\bin (?:{_SCALE} of [A-Za-z$€£¥. ]{{1,40}}?|{_UNIT}){_END}", re.IGNORECASE)
_COUNTED_IN = re.compile(r"以[^，。；()（）]{1,12}(?:计|計|为单位|為單位)")


def is_unit(text: str) -> bool:
    """Whether a cell holds a unit and nothing else, in brackets or not."""
    bracketed = _IN_BRACKETS.fullmatch(text)
    inner = bracketed.group(1).strip() if bracketed else text
    return bool(_A_UNIT.fullmatch(inner.removeprefix("in ")))


def with_unit(name: str, unit: str) -> str:
    """A column's name with its unit behind it; the name alone where that is none."""
    bracketed = _IN_BRACKETS.fullmatch(unit)
    inner = bracketed.group(1).strip() if bracketed else unit
    return (
        name
        if not name or not is_unit(unit) or name.endswith(f"({inner})")
        else f"{name} ({inner})"
    )


def unit_note(text: str) -> Unit | None:
    """What a caption says of the unit of all figures, as a name and a value; the name is empty
    where the words speak for themselves."""
    if said := _SAID.search(text):
        return said.group("name"), said.group("unit").strip()
    if found := _IN.search(text) or _COUNTED_IN.search(text):
        return "", found.group().strip()
    for bracketed in _IN_BRACKETS.finditer(text):
        if _A_UNIT.fullmatch(unit := bracketed.group(1).strip()):
            return ("单位" if re.search(_CHINESE, unit) else "unit"), unit
    return None

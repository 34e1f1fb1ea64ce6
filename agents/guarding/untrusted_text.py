"""Text from outside, made safe to show to a model: sentences that address an assistant are left
out, the rest stands as numbered data.

The fence is the second wall. The first is that nothing a model says can do harm: quotes are copied
by code, tools reach no secret, and links do not survive into reports. A pattern cannot know every
attack; what it misses is still only a sentence to be judged."""

import re
import tomllib
from pathlib import Path
from string import Template

from research.text.sentences import remembered

SHOWN = 4_000  # characters of a program's output


class _Pattern(Template):
    delimiter = "@"


def _patterns() -> dict[str, str]:
    """The patterns of each group in the file beside this one, as alternatives."""
    told = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    parts: dict[str, str] = {}

    def written_out(pattern: str) -> str:
        whole = "".join(line.lstrip(" ") for line in pattern.split("\n"))
        return _Pattern(whole).substitute(parts)

    for name, part in told["parts"].items():
        parts[name] = written_out(part)
    return {group: "|".join(map(written_out, each)) for group, each in told["patterns"].items()}


_PATTERNS = _patterns()
# At most places of a sentence no word begins: there none of the many patterns is tried. A search
# that ignores case takes twice as long as one in small letters.
_IN_ENGLISH = re.compile(rf"\b(?=\w)(?:{_PATTERNS['at_a_word']})")
_ELSEWHERE_IN_ENGLISH = re.compile(_PATTERNS["elsewhere"], re.IGNORECASE)
_IN_CHINESE = re.compile(_PATTERNS["chinese"], re.IGNORECASE)


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

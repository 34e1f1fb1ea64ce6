"""Tells whether a text runs in circles at its end. Pure.

It sees exact repetition of any unit, from a character to a paragraph; not paraphrase, and not lists
whose items differ in a number.
"""

from dataclasses import dataclass

from research.text.sentences import clip

WINDOW = 6000
SHORTEST = 160  # fewer characters of repetition may be a table, a rule or a refrain
TIMES = 6
LONG_UNIT = 80  # a sentence of this length is not said three times by chance
LONG_TIMES = 3
SHORTEST_OF_SIGNS = 1200  # rules and blank space are longer than words before they are a circle


@dataclass(frozen=True)
class Repetition:
    unit: str
    times: int

    def __str__(self) -> str:
        return f"{clip(self.unit, 60)!r} stands {self.times} times at its end"


def find_repetition(text: str) -> Repetition | None:
    """Find the longest repetition the text ends with. The last one of the units may be incomplete.

    Every suffix's shortest period comes from the Knuth-Morris-Pratt failure function of the
    reversed text, in linear time.
    """
    tail = text[-WINDOW:][::-1]
    borders = _borders(tail)
    for length in range(len(tail), SHORTEST - 1, -1):
        period = length - borders[length - 1]
        if _is_circle(tail[:period], period, length):
            return Repetition(unit=tail[:period][::-1], times=length // period)
    return None


def _is_circle(unit: str, period: int, length: int) -> bool:
    times = length // period
    if times < (LONG_TIMES if period >= LONG_UNIT else TIMES):
        return False
    return length >= SHORTEST_OF_SIGNS or any(char.isalnum() for char in unit)


def _borders(text: str) -> list[int]:
    borders = [0] * len(text)
    k = 0
    for i in range(1, len(text)):
        while k and text[i] != text[k]:
            k = borders[k - 1]
        if text[i] == text[k]:
            k += 1
        borders[i] = k
    return borders

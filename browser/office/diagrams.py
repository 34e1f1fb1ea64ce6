"""The words of a diagram (SmartArt), point by point, from the root of the part with its data.
Pure."""

from collections.abc import Iterator
from typing import Any

from browser.office.packages import DRAWING

DIAGRAM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}"


def words_of_diagram(root: Any) -> Iterator[str]:
    for point in root.iter(f"{DIAGRAM}pt"):
        for paragraph in point.iter(f"{DRAWING}p"):
            text = "".join(piece.text or "" for piece in paragraph.iter(f"{DRAWING}t"))
            if told := " ".join(text.split()):
                yield told

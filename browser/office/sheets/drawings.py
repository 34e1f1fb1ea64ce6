"""The words that are drawn onto a sheet: text boxes and shapes. Blocking.

Not here: charts, whose figures stand in cells; pictures.
"""

import zipfile
from collections.abc import Iterator

from browser.office.alternatives import choose_alternatives
from browser.office.packages import DRAWING, related, root_of

_BODY = "{http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing}txBody"


def words_of_drawings(archive: zipfile.ZipFile, sheet: str) -> Iterator[str]:
    """The paragraphs of the drawings of a sheet, by the name of its part."""
    for name in related(archive, sheet, "drawing"):
        root = root_of(archive, name)
        if root is None:
            continue
        choose_alternatives(root, f"{DRAWING}t")
        for body in root.iter(_BODY):
            for paragraph in body.iter(f"{DRAWING}p"):
                if text := "".join(
                    piece.text or "" for piece in paragraph.iter(f"{DRAWING}t")
                ).strip():
                    yield text

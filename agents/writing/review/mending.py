"""The form in which a writer hands back parts of a text: by their ids."""

from pydantic import BaseModel


class Block(BaseModel):
    """A part of a report in its new words; '' takes it out."""

    id: str
    markdown: str


class Mended(BaseModel):
    blocks: list[Block]

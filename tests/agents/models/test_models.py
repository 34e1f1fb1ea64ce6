"""Which model plays which role, and what is shared and kept apart."""

from pathlib import Path

import pytest
from pydantic import BaseModel

from agents.models import Message, Models
from agents.models.models import Chosen, choose
from research.errors import SettingsError
from research.settings import load_settings
from tests.agents.models.conftest import KEY, Bill, Endpoint, completion, endpoint_settings

URL = "http://model.example/v1"


@pytest.mark.parametrize(
    ("settings", "chosen"),
    [
        (
            {"model": "openai:m", "model_base_url": URL, "model_api_key": "k"},
            Chosen("openai", "m", URL, "k"),
        ),
        ({"model": "m", "model_base_url": URL}, Chosen("openai", "m", URL, None)),
        ({"model": "qwen3:8b", "model_base_url": URL}, Chosen("openai", "qwen3:8b", URL, None)),
        ({"model": "openai:gpt-5", "model_api_key": "k"}, Chosen("openai", "gpt-5", None, "k")),
        ({"model": "anthropic:claude"}, Chosen("anthropic", "claude", None, None)),
        ({}, Chosen("embedded", "", None, None)),
    ],
)
def test_chooses_by_the_settings(settings: dict[str, str], chosen: Chosen) -> None:
    assert choose(load_settings(**settings), "writer") == chosen


def test_a_role_may_have_its_own() -> None:
    own = {
        "writer": {"model": "openai:big"},
        "judge": {"model_base_url": "http://other.example/v1"},
    }
    settings = load_settings(model="m", model_base_url=URL, model_api_key="k", roles=own)
    assert choose(settings, "writer") == Chosen("openai", "big", URL, "k")
    assert choose(settings, "search") == Chosen("openai", "m", URL, "k")
    # the default's key is not for another endpoint
    assert choose(settings, "judge") == Chosen("openai", "m", "http://other.example/v1", None)


def test_the_default_key_is_not_for_another_provider() -> None:
    settings = load_settings(
        model="openai:gpt-5", model_api_key="k", roles={"writer": {"model": "anthropic:claude"}}
    )
    assert choose(settings, "writer") == Chosen("anthropic", "claude", None, None)


def test_an_endpoint_without_a_model_is_told_at_the_start() -> None:
    with pytest.raises(SettingsError, match=f"has the endpoint {URL} but no model"):
        Models(load_settings(model_base_url=URL)).role("master")


class Yes(BaseModel):
    yes: bool


ASKED: list[Message] = [{"role": "user", "content": "Is it so?"}]


async def test_the_environments_key_is_not_sent_to_an_endpoint_of_ones_own(
    endpoint: Endpoint, bill: Bill, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-mine")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    endpoint.says(completion('{"yes": true}'))
    own = {"judge": {"model_api_key": KEY}}
    async with Models(endpoint_settings(endpoint, model_api_key=None, roles=own)) as models:
        await models.role("judge").ask(ASKED, Yes, max_tokens=9, on_call=bill)
        with pytest.raises(Exception, match="Incorrect API key"):
            await models.role("writer").ask(ASKED, Yes, max_tokens=9, on_call=bill)
    assert endpoint.keys == [f"Bearer {KEY}", "Bearer none"]


async def test_a_missing_key_is_a_setting(bill: Bill, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    async with Models(load_settings(model="openai:gpt-5")) as models:
        with pytest.raises(SettingsError, match="LEADLINE_MODEL_API_KEY"):
            await models.role("writer").ask(ASKED, Yes, max_tokens=9, on_call=bill)


@pytest.mark.parametrize("model", ["anthropic:claude", "nobody:model"])
async def test_a_provider_that_is_not_installed_is_a_setting(model: str, bill: Bill) -> None:
    async with Models(load_settings(model=model)) as models:
        with pytest.raises(SettingsError, match=model):
            await models.role("writer").ask(ASKED, Yes, max_tokens=9, on_call=bill)


async def test_without_llama_nothing_is_downloaded(
    bill: Bill, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    told: list[str] = []
    async with Models(load_settings(cache_dir=tmp_path), tell=told.append) as models:
        with pytest.raises(SettingsError, match="xllamacpp") as caught:
            await models.role("writer").ask(ASKED, Yes, max_tokens=9, on_call=bill)
    assert "leadline[local]" in caught.value.mend
    assert not told


async def test_roles_with_one_model_share_what_was_learnt(models: Models) -> None:
    writer, judge = models.role("writer"), models.role("judge")
    assert writer._port is judge._port
    assert not writer.embedded
    assert writer.name == "m"

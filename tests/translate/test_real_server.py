"""The protocol as a real server speaks it: one that others wrote answers from a tiny random model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from plot.conversation import World
from plot.errors import PlotError
from plot.llm import Client, Entry
from plot.llm.ping import ping
from plot.llm.store import Store
from plot.translate.model import LanguageModel
from tests.support.clock import SOON
from tests.support.real_server import make_tiny_model, serving

pytestmark = pytest.mark.slow

MOST_TOKENS = 32


@pytest.fixture(scope="module")
def real_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Yield the base URL of a real server and its model's name."""
    for module in ("transformers", "fastapi", "uvicorn", "accelerate"):
        pytest.importorskip(module, reason=f"{module} is not installed: pip install 'plot-ppl[serve]'")
    folder = tmp_path_factory.mktemp("models") / "tiny"
    make_tiny_model(folder)
    with serving(folder) as served:
        yield served


@pytest.fixture
def client(real_server: tuple[str, str]) -> Iterator[Any]:
    openai = pytest.importorskip("openai")
    with openai.OpenAI(base_url=real_server[0], api_key="none", max_retries=0, timeout=SOON) as client:
        yield client


def ask(client: Any, model: str, temperature: float) -> Any:
    messages = [
        {"role": "system", "content": "You write programs."},
        {"role": "user", "content": "Mary beat Tom. Is Mary stronger than Tom?"},
    ]
    return client.chat.completions.create(
        model=model, messages=messages, max_tokens=MOST_TOKENS, temperature=temperature
    )


def test_it_lists_its_model(real_server: tuple[str, str], client: Any) -> None:
    assert [listed.id for listed in client.models.list()] == [real_server[1]]


@pytest.mark.parametrize("temperature", [0.0, 0.7])
def test_it_answers(real_server: tuple[str, str], client: Any, temperature: float) -> None:
    answer = ask(client, real_server[1], temperature)
    (choice,) = answer.choices
    usage = answer.usage
    assert choice.message.role == "assistant"
    assert isinstance(choice.message.content, str)
    assert usage.prompt_tokens > 0
    assert 0 < usage.completion_tokens <= MOST_TOKENS
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens
    assert choice.finish_reason in {"length", "stop"}
    assert choice.finish_reason == "length" or usage.completion_tokens < MOST_TOKENS


def test_at_temperature_0_it_says_the_same_again(real_server: tuple[str, str], client: Any) -> None:
    first, second = (ask(client, real_server[1], 0.0).choices[0].message.content for _ in range(2))
    assert first == second


def test_another_models_name_is_refused(client: Any) -> None:
    openai = pytest.importorskip("openai")
    with pytest.raises(openai.BadRequestError) as refused:
        ask(client, "another", 0.0)
    assert "another" in refused.value.response.text  # the reason is there, and not in the error's own words


def entry(real_server: tuple[str, str], **more: Any) -> Entry:
    return Entry(
        name="tiny", model=real_server[1], base_url=real_server[0], samples=2, repairs=1, max_tokens=48, **more
    )


def test_a_ping_is_answered(real_server: tuple[str, str]) -> None:
    found = ping(entry(real_server))
    assert found.error is None
    assert found.serves == (real_server[1],)


def test_what_a_random_model_says_is_no_translation(real_server: tuple[str, str], tmp_path: Path) -> None:
    with Client(store=Store(tmp_path)) as client:
        model = LanguageModel(entry(real_server), client)
        talk = World.load("tugofwar").conversation(facts=False, translators=(model,))
        with pytest.raises(PlotError) as refused:
            talk.translate("Tom wiped the floor with John.")
        calls = client.store.calls()
    assert "tiny" in refused.value.message
    assert 2 <= client.usage.calls <= 8, (
        "two samples, each sent back once at most, each reply that is cut asked for again"
    )
    assert client.usage.prompt_tokens > 2 * 1_000
    assert 0 < client.usage.completion_tokens <= client.usage.calls * 4 * 48
    assert len(calls) == client.usage.attempts == client.usage.calls


def test_an_unknown_model_is_told_in_the_servers_words(real_server: tuple[str, str], tmp_path: Path) -> None:
    with Client(store=Store(tmp_path)) as client:
        model = LanguageModel(entry((real_server[0], "another")), client)
        talk = World.load("tugofwar").conversation(facts=False, translators=(model,))
        with pytest.raises(PlotError, match="another"):
            talk.translate("Tom wiped the floor with John.")

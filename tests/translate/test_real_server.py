"""The protocol as a real server speaks it: one that others wrote answers from a tiny random model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.real_server import make_tiny_model, serving

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
    with openai.OpenAI(base_url=real_server[0], api_key="none", max_retries=0, timeout=60) as client:
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

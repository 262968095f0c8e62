"""The protocol as a real server speaks it: one that others wrote answers from a tiny random model."""

from __future__ import annotations

from collections.abc import Iterator

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


def test_it_lists_its_model_and_answers(real_server: tuple[str, str]) -> None:
    openai = pytest.importorskip("openai")
    base_url, model = real_server
    with openai.OpenAI(base_url=base_url, api_key="none", max_retries=0, timeout=60) as client:
        assert [listed.id for listed in client.models.list()] == [model]
        answer = client.chat.completions.create(
            model=model,
            messages=[
                {"role": "system", "content": "You write programs."},
                {"role": "user", "content": "Mary beat Tom. Is Mary stronger than Tom?"},
            ],
            max_tokens=MOST_TOKENS,
        )
    (choice,) = answer.choices
    assert choice.message.role == "assistant"
    assert isinstance(choice.message.content, str)
    assert answer.usage.prompt_tokens > 0
    assert 0 < answer.usage.completion_tokens <= MOST_TOKENS
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens
    assert choice.finish_reason == ("length" if answer.usage.completion_tokens == MOST_TOKENS else "stop")

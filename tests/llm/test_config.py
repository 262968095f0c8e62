"""Who is configured: options, then the environment, then the project, then the user; mistakes with their lines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from plot.errors import PlotError
from plot.llm.config import configured, user_file
from plot.llm.entries import OPENAI

pytestmark = pytest.mark.usefixtures("own_folders")
KEY = "sk-proj-AbCdEfGhIjKlMnOpQrStUvWxYz0123456789"


def user(text: str) -> None:
    user_file().parent.mkdir(exist_ok=True)
    user_file().write_text(text)


def project(text: str) -> None:
    Path("plot.yaml").write_text(text)


def found(*models: str, **more: Any) -> dict[str, tuple[str, str, str]]:
    """Return what is configured: name to model, base URL and origin."""
    config = configured(models, **more)
    return {one.entry.name: (one.entry.model, one.entry.base_url, one.origin) for one in config.translators}


def refused(text: str) -> PlotError:
    project(text)
    with pytest.raises(PlotError) as caught:
        configured()
    return caught.value


LOCAL = "translators:\n  - {name: local, model: llama, base_url: http://localhost:1/v1, samples: 5}\n"


def test_nothing_is_configured() -> None:
    assert configured() == configured(limits={"calls": None})
    assert configured().limits.calls == 100
    for text in ("", "# translators: []\n\n  # nothing yet\n"):
        user(text)
        project(text)
        assert found() == {}


def test_the_projects_file_over_the_users() -> None:
    user(LOCAL + "  - {name: mine, model: qwen}\nlimits: {calls: 7, tokens: 1000}\n")
    project("translators: [{name: local, model: phi}]\nlimits: {calls: 5, tokens: 2000}\n")
    assert found() == {
        "local": ("phi", "http://localhost:1/v1", "plot.yaml"),
        "mine": ("qwen", OPENAI, str(user_file())),
    }
    limits = configured(limits={"cost": 1.5, "tokens": None}).limits
    assert (limits.calls, limits.tokens, limits.cost) == (5, 1000, 1.5)
    assert configured(limits={"calls": 0}).limits.calls == 0


def test_the_environment_over_files_and_options_over_all(monkeypatch: pytest.MonkeyPatch) -> None:
    project(LOCAL)
    monkeypatch.setenv("PLOT_MODEL", "gpt")
    assert found() == {"gpt": ("gpt", OPENAI, "PLOT_MODEL")}
    monkeypatch.setenv("OPENAI_BASE_URL", "http://localhost:2/v1/")
    assert found() == {"gpt": ("gpt", "http://localhost:2/v1", "PLOT_MODEL")}
    assert found("other") == {"other": ("other", "http://localhost:2/v1", "--model")}
    assert found("other", base_url="http://localhost:3/v1") == {"other": ("other", "http://localhost:3/v1", "--model")}
    monkeypatch.setenv("PLOT_MODEL", "local")
    assert found() == {"local": ("llama", "http://localhost:1/v1", "PLOT_MODEL")}
    monkeypatch.setenv("PLOT_MODEL", " ")
    assert found() == {"local": ("llama", "http://localhost:1/v1", "plot.yaml")}
    assert found(base_url="http://localhost:3/v1") == {"local": ("llama", "http://localhost:3/v1", "plot.yaml")}
    (entry,) = configured(changes={"samples": 1, "temperature": 0.0}).entries
    assert (entry.samples, entry.temperature) == (1, 0.0)


def test_models_by_option() -> None:
    project(LOCAL)
    assert found("big=vendor/model-1", "local") == {
        "big": ("vendor/model-1", OPENAI, "--model"),
        "local": ("llama", "http://localhost:1/v1", "--model"),
    }
    assert configured(["local"]).entries[0].samples == 5
    assert found("gpt", "gpt") == {"gpt": ("gpt", OPENAI, "--model")}


@pytest.mark.parametrize("models", [["=gpt"], ["a="], [" "], ["a=x", "a=y"], ["gpt", "gpt=other"]])
def test_models_that_are_none_or_two(models: list[str]) -> None:
    with pytest.raises(PlotError) as caught:
        configured(models)
    assert "--model" in (caught.value.hint or "")


@pytest.mark.parametrize(
    "changes",
    [
        {"samples": 0},
        {"temperature": 2.5},
        {"temperature": float("nan")},
        {"timeout": 0},
        {"repairs": -1},
        {"samples": 33},
    ],
)
def test_options_out_of_bounds(changes: dict[str, Any]) -> None:
    with pytest.raises(PlotError, match=next(iter(changes))):
        configured(["gpt"], changes=changes)


@pytest.mark.parametrize("url", ["nowhere", "http://", "http://user:pass@host/v1"])
def test_a_base_url_that_is_none(url: str) -> None:
    with pytest.raises(PlotError, match="base"):
        configured(["gpt"], url)


@pytest.mark.parametrize(
    ("text", "said", "line"),
    [
        ("translaters: []\n", "did you mean 'translators'?", 1),
        ("translators:\n  - name: a\n    model: b\n    tempreature: 1\n", "did you mean 'temperature'?", 4),
        ("translators:\n  - name: a\n", "'model' is missing", 2),
        ("translators:\n  - name: a\n    model: b\n  - name: a\n    model: c\n", "two translators are called 'a'", 4),
        ("translators:\n  - name: a\n    model: b\n    samples: many\n", "a whole number", 4),
        (
            "translators:\n  - name: a\n    model: b\n    price: {input: -1, output: 1}\n",
            "greater than or equal to 0",
            4,
        ),
        ("translators:\n  - name: a\n    model: b\n    base_url: nowhere\n", "expected a URL", 4),
        ("limits:\n  calls: 0\n", "greater than or equal to 1", 2),
        ("limits:\n  money: 3\n", "unknown key 'money'", 2),
        ("- a\n", "is not a mapping", 1),
        ("a: [1\n", "this is not YAML", 1),
    ],
)
def test_mistakes_have_lines(text: str, said: str, line: int) -> None:
    error = refused(text).render()
    assert said in error and f"plot.yaml, line {line}" in error


@pytest.mark.parametrize(
    "wrong", ["base_url: 'htp:/nope'", "base_url: 'http://[::1'", "samples: true", "temperature: '1'", "modle: c"]
)
@pytest.mark.parametrize("place", [0, 1])
def test_a_wrong_translator_leaves_the_others_where_mistakes_are_gathered(wrong: str, place: int) -> None:
    lines = ["  - {name: good, model: b}\n"]
    lines.insert(place, f"  - {{name: bad, model: b, {wrong}}}\n")
    text = "translators:\n" + "".join(lines)
    assert f"line {place + 2}" in refused(text).render()
    mistakes: list[PlotError] = []
    assert [entry.name for entry in configured(mistakes=mistakes).entries] == ["good"]
    assert len(mistakes) == 1 and f"line {place + 2}" in mistakes[0].render()
    project(text + "  - {name: good, model: c}\n")
    with pytest.raises(PlotError, match="two translators are called 'good'") as caught:
        configured(mistakes=[])
    assert "line 4" in caught.value.render()
    project(text + "limits: {calls: 0}\n")
    with pytest.raises(PlotError):
        configured(mistakes=[])


def test_all_mistakes_at_once() -> None:
    error = refused("translators:\n  - nam: a\n    model: b\nlimit: {}\n").render()
    assert "did you mean 'name'?" in error and "did you mean 'limits'?" in error


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"    api_key: {KEY}\n", "did you mean 'api_key_env'?"),
        (f"    api_key_env: {KEY}\n", "never the key itself"),
        ("    api_key_env: gsk_AbCdEfGhIjKlMn0123456789\n", "never the key itself"),
        ("    api_key_env: 0123456789abcdef0123456789abcdef\n", "never the key itself"),
        ("    api_key_env: a0123456789abcdef0123456789abcdef\n", "never the key itself"),
        ("    base_url: https://me:AbCdEf0123@host/v1\n", "can't contain a password"),
        (f"    base_url: {KEY}\n", "expected a URL"),
        (f"    api_key: a\n    api_key: {KEY}\n", "occurs twice"),
    ],
)
def test_a_key_in_a_file_is_refused_and_not_shown(text: str, said: str) -> None:
    error = refused("translators:\n  - name: a\n    model: b\n" + text).render()
    assert said in error and "plot.yaml, line" in error
    assert not [part for part in (KEY[:12], "AbCdEf", "456789") if part in error]


def test_a_key_in_an_option_is_refused() -> None:
    with pytest.raises(PlotError, match="never the key itself") as caught:
        configured(["gpt"], changes={"api_key_env": "gsk_AbCdEfGhIjKlMn0123456789"})
    assert "AbCdEf" not in caught.value.render()
    for name in ("OPENAI_API_KEY", "MY_KEY_2", "groq_key", "Key2"):
        assert configured(["gpt"], changes={"api_key_env": name}).entries[0].api_key_env == name


def test_folders_are_found_from_the_file() -> None:
    user("translators: [{name: mine, model: m, prompts: ours}]\n")
    project("translators: [{name: here, model: m, prompts: theirs}]\n")
    prompts = {entry.name: entry.prompts for entry in configured().entries}
    assert prompts == {"mine": str(user_file().parent / "ours"), "here": "theirs"}


def test_worlds_restrict() -> None:
    project("translators: [{name: a, model: m, worlds: [kinship, lunch]}, {name: b, model: m}]\n")
    first, second = configured().entries
    assert first.serves("kinship") and not first.serves("tug-of-war") and second.serves("tug-of-war")


@pytest.mark.parametrize(
    "data", [b"\x00\x01", b"\xff\xfe", b"x: " + b"y" * 2_000_000, b"a: &x [1]\nb: *x\n", b"[" * 5000]
)
def test_files_that_are_none(data: bytes) -> None:
    Path("plot.yaml").write_bytes(data)
    with pytest.raises(PlotError):
        configured()

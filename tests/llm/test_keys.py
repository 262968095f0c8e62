"""Whose key goes where: OpenAI's to OpenAI alone, a key of its own to its endpoint, and none into what is kept."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from pydantic import ValidationError

from plot.cli import main
from plot.errors import PlotError
from plot.llm import Entry
from plot.llm.endpoint import connect
from plot.llm.ping import ping
from plot.testing import ScriptedModel, Status
from tests.llm.helpers import Raw, entry, error_of, one, reply, text_of

pytestmark = pytest.mark.usefixtures("own_folders")
KEY = "sk-very-secret-0123456789"
ORGANISATION, PROJECT, ADMIN, CUSTOM = "org-secret-1", "proj-secret-2", "sk-admin-secret-3", "tell-secret-4"
ALL = (KEY, ORGANISATION, PROJECT, ADMIN, CUSTOM)
SAID = "Mary crushed poor Tom."
CODE = 'condition(won_against(["mary"], ["tom"], 1))'


@pytest.fixture
def openais(own_folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_ORG_ID", ORGANISATION)
    monkeypatch.setenv("OPENAI_PROJECT_ID", PROJECT)
    monkeypatch.setenv("OPENAI_ADMIN_KEY", ADMIN)
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", f"X-Secret: {CUSTOM}\nauthorization: Bearer {CUSTOM}")


def plot(*args: str) -> Any:
    return CliRunner().invoke(main, list(args), catch_exceptions=False)


def translate(*more: str) -> Any:
    return plot("translate", "tugofwar", "--no-facts", SAID, "--samples", "1", "--model", "scripted", *more)


def assert_nothing_is_given_away(server: ScriptedModel) -> None:
    for came in server.requests:
        everything = json.dumps([came.path, dict(came.headers)]) + came.raw.decode()
        assert not [secret for secret in ALL if secret in everything]
        assert not [name for name in came.headers if name.startswith("openai-")]


@pytest.mark.usefixtures("openais")
def test_what_is_openais_goes_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedModel([reply(CODE)], repeat_last=True) as server:
        assert translate("--base-url", server.base_url).exit_code == 0
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        assert translate("--refresh", "--no-memory").exit_code == 0
        Path("plot.yaml").write_text(f"translators: [{{name: p, model: scripted, base_url: '{server.base_url}'}}]")
        assert plot("models", "--ping").exit_code == 0
        assert len(server.requests) == 4
        assert {came.headers["authorization"] for came in server.requests} == {"Bearer none"}
        assert_nothing_is_given_away(server)


@pytest.mark.usefixtures("openais")
def test_it_is_refused_under_its_own_name_and_under_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARROT_KEY", f" {KEY} ")
    with ScriptedModel(["Never said."]) as server:
        for variable in ("OPENAI_API_KEY", "PARROT_KEY"):
            result = translate("--base-url", server.base_url, "--api-key-env", variable)
            assert result.exit_code == 1 and "the OpenAI key is only sent to OpenAI" in result.stderr
            assert KEY not in result.output
            assert ping(entry(server, api_key_env=variable)).error is not None
        assert server.requests == ()


def test_a_key_of_its_own_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARROT_KEY", "its-own-key")
    with ScriptedModel(["Hello."], api_key="its-own-key", repeat_last=True) as server:
        assert text_of(one(entry(server, api_key_env="PARROT_KEY"))) == "Hello."
        assert server.requests[0].headers["authorization"] == "Bearer its-own-key"
        assert ping(entry(server, api_key_env="PARROT_KEY")).error is None
        error = error_of(one(entry(server)))
        assert "refused the key" in error.message and "api_key_env" in (error.hint or "")


def test_a_key_that_is_missing_or_none(monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedModel(["Never said."]) as server:
        asked = entry(server, api_key_env="PARROT_KEY")
        for value in ("", "  "):
            monkeypatch.setenv("PARROT_KEY", value)
            assert "PARROT_KEY is not set" in error_of(one(asked)).message
        for value in ("secret\nX-Evil: 1", "sécret", "two\x7f"):
            monkeypatch.setenv("PARROT_KEY", value)
            error = error_of(one(asked))
            assert "does not hold a key" in error.message and value not in error.render()
        assert "OPENAI_API_KEY is not set" in error_of(one(Entry(name="gpt", model="gpt"))).message
        assert server.requests == ()


@pytest.mark.usefixtures("openais")
@pytest.mark.parametrize(
    "url", ["https://api.openai.com/v1", "https://eu.api.openai.com/v1", "HTTPS://API.OpenAI.com/v1"]
)
def test_openai_gets_its_key(url: str) -> None:
    asked = Entry(name="gpt", model="gpt", base_url=url)
    assert asked.is_openai and asked.key() == KEY
    assert connect(asked).auth_headers["Authorization"] == f"Bearer {KEY}"


NOT_OPENAI = [
    "http://api.openai.com/v1",
    "https://api.openai.com.evil.com/v1",
    "https://evil-api.openai.com.de/v1",
    "https://evilapi.openai.com/v1",
    "https://openai.com/v1",
    "https://evil.com/api.openai.com/v1",
    "https://localhost:443/https://api.openai.com",
]


@pytest.mark.usefixtures("openais")
@pytest.mark.parametrize("url", NOT_OPENAI)
def test_others_do_not(url: str) -> None:
    assert Entry(name="m", model="m", base_url=url).key() == "none"
    with pytest.raises(PlotError, match="only sent to OpenAI"):
        Entry(name="m", model="m", base_url=url, api_key_env="OPENAI_API_KEY").key()


@pytest.mark.parametrize(
    "url",
    [
        "https://api.openai.com@evil.com/v1",
        "https://api.openai.com:443@evil.com/v1",
        "https://user:pass@api.openai.com/v1",
        "https://@api.openai.com/v1",
        "https://evil.com\\.api.openai.com/v1",
        "https://evil.com\\@api.openai.com/v1",
        "https://evil.com%2f.api.openai.com/v1",
        "https://evil.com／.api.openai.com/v1",
        "https://*.api.openai.com/v1",
        "https://evil.com?.api.openai.com/v1",
        "https://evil.com#.api.openai.com/v1",
        "https://api.openai.com\n.evil.com/v1",
        "https://ex\tample.com/v1",
        "http://127.0.0.1:1/v1\x00",
        "http://exa mple.com/v1",
        "http://[::1/v1",
        "http://localhost:99999/v1",
        "http://localhost:0/v1",
        "http://..com/v1",
        "file:///etc/passwd",
        "localhost:11434",
        KEY,
        "",
    ],
)
def test_urls_that_are_none(url: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Entry(name="m", model="m", base_url=url)
    said = caught.value.errors(include_input=False, include_url=False)[0]["msg"]
    assert KEY not in said and "pass" not in said.replace("password", "")


@pytest.mark.parametrize(
    "url", ["http://localhost:11434/v1/", "http://[::1]:8080/v1", "http://10.0.0.7/v1", "https://my_host.example/v1"]
)
def test_urls_that_are(url: str) -> None:
    assert Entry(name="m", model="m", base_url=url).base_url == url.rstrip("/")


# -- nowhere else --------------------------------------------------------------------------------------------


def parroting(came: Any) -> Any:
    """Repeat the key wherever a server can: in errors first, then in the reply."""
    if "fail" in came.last_text:
        return Status(401, message=f"Wrong: {'x' * 290}{came.headers['authorization']}")
    return reply(CODE, paraphrase=f"It is {came.headers['authorization']}")


def test_the_key_is_kept_nowhere(
    own_folders: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("PARROT_KEY", KEY)
    caplog.set_level(logging.DEBUG)
    with ScriptedModel(parroting) as server:
        use = ("--base-url", server.base_url, "--api-key-env", "PARROT_KEY", "--debug")
        said = [translate(*use, "--record", "session.json", "--samples", "2")]
        said.append(translate(*use))
        said.append(plot("translate", "tugofwar", "They fail.", "--model", "scripted", *use))
        said.append(plot("models", "--model", "scripted", "--ping", "--json", *use))
        said.append(plot("models", "--model", "scripted", "--ping", *use))
        said.append(plot("log", "--json"))
        said += [plot("log", "--show", str(number)) for number in (1, 2, 3)]
        assert all(came.headers["authorization"] == f"Bearer {KEY}" for came in server.requests)
    assert [result.exit_code for result in said] == [0, 0, 1, 0, 0, 0, 0, 0, 0]
    assert "refused the key" in said[2].stderr
    assert all(KEY[:12] not in result.output for result in said)
    written = [path for path in own_folders.rglob("*") if path.is_file()]
    assert {"models.sqlite3", "session.json"} <= {path.name for path in written}
    assert all(KEY[:12].encode() not in path.read_bytes() for path in written)
    assert KEY[:12] not in caplog.text


def test_an_error_of_our_own_shows_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARROT_KEY", KEY)
    monkeypatch.setattr("plot.llm.store.Store.log", lambda *_: 1 / 0)
    with ScriptedModel([Raw(b"{}")], repeat_last=True) as server:
        result = translate("--base-url", server.base_url, "--api-key-env", "PARROT_KEY", "--debug")
    assert result.exit_code == 1 and "ZeroDivisionError" in result.output
    assert KEY not in result.output

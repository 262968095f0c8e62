"""Sessions that are recorded, and played again without any server, byte for byte."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from plot.cli import main
from plot.errors import PlotError
from plot.llm import Completion
from plot.llm.recording import Recording
from plot.testing import ScriptedModel, Status
from tests.llm.helpers import client, entry, error_of, one, reply, request, text_of

pytestmark = pytest.mark.usefixtures("own_folders")
SAID = "Mary crushed poor Tom."
CODE = 'condition(won_against(["mary"], ["tom"], 1))'
NOWHERE = "http://127.0.0.1:9/v1"


def plot(*args: str) -> Any:
    return CliRunner().invoke(main, list(args), catch_exceptions=False)


def translate(url: str, *more: str, say: str = SAID) -> Any:
    return plot("translate", "tugofwar", "--no-facts", say, "--model", "scripted", "--base-url", url, *more)


def test_a_reply_is_recorded_and_played() -> None:
    with ScriptedModel(["Yes.", "No."]) as server, client(recording=Recording("r.json", records=True)) as talker:
        asked = [request(entry(server)), request(entry(server), "And now?")]
        said = [text_of(found) for found in talker.complete(asked)]
    with client(recording=Recording("r.json", records=False)) as talker:
        elsewhere = [request(entry(NOWHERE)), request(entry(NOWHERE), "And now?")]
        found = talker.complete(elsewhere)
        assert [text_of(one) for one in found] == said
        assert all(isinstance(one, Completion) and one.source == "recorded" for one in found)
        assert (talker.usage.recorded, talker.usage.attempts) == (2, 0)
        for missing in (request(entry(NOWHERE), "What?"), request(entry(NOWHERE), sample=1)):
            (found_none,) = talker.complete([missing])
            error = error_of(found_none)
            assert "contains no reply" in error.message and "record it again" in (error.hint or "")


def test_errors_are_not_recorded() -> None:
    with ScriptedModel([Status(400)]) as server:
        error_of(one(entry(server), recording=Recording("r.json", records=True)))
    assert json.loads(Path("r.json").read_text())["replies"] == {}


def test_what_is_cached_is_recorded_too() -> None:
    with ScriptedModel(["Yes."]) as server:
        one(entry(server), cache=True)
        one(entry(server), cache=True, recording=Recording("r.json", records=True))
    assert text_of(one(entry(NOWHERE), recording=Recording("r.json", records=False))) == "Yes."


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"3",
        b'{"format": 2, "replies": {}}',
        b'{"format": 1}',
        b'{"format": 1, "replies": []}',
        b"[" * 100_000,
        b"\xff\xfe",
        b"\x00",
    ],
)
def test_files_that_are_no_recording(data: bytes) -> None:
    Path("r.json").write_bytes(data)
    with pytest.raises(PlotError) as caught:
        Recording("r.json", records=False)
    assert "r.json" in caught.value.render()


@pytest.mark.parametrize("kept", [None, 3, {}, {"reply": None}, {"reply": {"text": "x"}}])
def test_a_reply_that_is_damaged(kept: object) -> None:
    fingerprint = request(entry(NOWHERE)).fingerprint
    Path("r.json").write_text(json.dumps({"format": 1, "replies": {fingerprint: kept}}))
    error = error_of(one(entry(NOWHERE), recording=Recording("r.json", records=False)))
    assert "not a recording" in error.message or "contains no reply" in error.message


def test_halves_of_characters_in_a_recording() -> None:
    whole = {"text": "a\ud800b", "prompt_tokens": 1, "completion_tokens": 1, "seconds": 0.0}
    kept = {request(entry(NOWHERE)).fingerprint: {"reply": whole}}
    Path("r.json").write_text(json.dumps({"version": 1, "replies": kept}))
    assert text_of(one(entry(NOWHERE), recording=Recording("r.json", records=False))) == "a?b"


# -- the command line ----------------------------------------------------------------------------------------


def test_a_session_is_played_byte_for_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = reply('condition(won_against(["mary"], ["tom"]))')
    with ScriptedModel([wrong, reply(CODE, paraphrase="Mary won.")], repeat_last=True) as server:
        first = translate(server.base_url, "--record", "s.json", "--samples", "2")
        assert first.exit_code == 0 and "Mary won." in first.stdout
    recorded = Path("s.json").read_bytes()
    monkeypatch.setenv("PLOT_CACHE_DIR", str(tmp_path / "another machine"))
    for _ in range(2):
        again = translate(NOWHERE, "--replay", "s.json", "--samples", "2")
        assert again.exit_code == 0, again.stderr
        assert again.stdout == first.stdout
    assert Path("s.json").read_bytes() == recorded
    assert b"base_url" not in recorded and server.base_url.encode() not in recorded


def test_what_is_remembered_is_recorded_all_the_same() -> None:
    with ScriptedModel([reply(CODE)], repeat_last=True) as server:
        assert translate(server.base_url).exit_code == 0, "all samples agree: it is remembered"
        first = translate(server.base_url, "--record", "s.json")
    plot("memory", "--forget")
    assert translate(NOWHERE, "--replay", "s.json").stdout == first.stdout


def test_what_is_not_recorded_is_an_error(tmp_path: Path) -> None:
    with ScriptedModel([reply(CODE)], repeat_last=True) as server:
        translate(server.base_url, "--record", "s.json", "--samples", "1")
        prompts = tmp_path / "prompts"
        prompts.mkdir()
        (prompts / "system.md.j2").write_text("Translate it.")
        for more, say in (
            ((), "Mary crushed poor Ann."),
            (("--prompts", str(prompts)), SAID),
            (("--samples", "2"), SAID),
        ):
            count = len(server.requests)
            result = translate(server.base_url, "--replay", "s.json", "--samples", "1", *more, say=say)
            assert len(server.requests) == count, "no model is reached"
            if "2" not in more:  # of two samples, one was recorded
                assert result.exit_code == 1 and "record it again" in result.stderr


@pytest.mark.parametrize("path", ["nowhere/s.json", ".", "missing.json"])
def test_files_that_can_not_be_used(path: str) -> None:
    with ScriptedModel([reply(CODE)], repeat_last=True) as server:
        for option in ("--record", "--replay") if path != "missing.json" else ("--replay",):
            result = translate(server.base_url, option, path)
            assert result.exit_code == 1 and path in result.stderr and "bug in PLoT" not in result.stderr
        assert server.requests == ()


def test_one_is_not_recorded_and_played_at_once() -> None:
    result = translate(NOWHERE, "--record", "s.json", "--replay", "s.json")
    assert result.exit_code == 2 and "--replay" in result.stderr

"""`plot serve-by-hand`: as a process that is asked, answered and interrupted, its list, and its bad inputs."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import openai
import pytest
from click.testing import CliRunner, Result

from plot.cli import main
from plot.testing import ScriptedModel, waiting_in
from tests.support.clock import SOON
from tests.testing.clients import chat_body

COMMAND = [sys.executable, "-m", "plot", "serve-by-hand"]


@contextmanager
def serving(*args: str) -> Iterator[tuple[subprocess.Popen[str], IO[str]]]:
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    # In a session of its own, so that Ctrl-C goes to it alone.
    with subprocess.Popen([*COMMAND, *args], **pipes, text=True, start_new_session=True) as process:
        guard = threading.Timer(SOON, process.kill)
        guard.start()
        try:
            assert process.stdout is not None
            yield process, process.stdout
        finally:
            guard.cancel()
            process.kill()


def interrupted(process: subprocess.Popen[str]) -> tuple[str, str]:
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=SOON)
    assert process.returncode == 0
    return said


def test_a_request_from_end_to_end(tmp_path: Path) -> None:
    folder = tmp_path / "replies"
    with serving(str(folder)) as (process, said):
        base_url = said.readline().strip()
        assert base_url.startswith("http://127.0.0.1:") and base_url.endswith("/v1")
        heard = []

        def answer() -> None:
            heard.append(said.readline())
            (waiting,) = waiting_in(folder)
            waiting.reply.write_text("query(1)\n")

        person = threading.Thread(target=answer)
        person.start()
        with openai.OpenAI(base_url=base_url, api_key="any", max_retries=0, timeout=SOON) as client:
            for _ in range(2):
                found = client.chat.completions.create(**chat_body("Who is\x1b[2J strong?"))
                assert found.choices[0].message.content == "query(1)"
        person.join()
        heard += [said.readline(), said.readline()]
        rest, errors = interrupted(process)
    (reply,) = folder.glob("*.reply.txt")
    name = reply.name.removesuffix(".reply.txt")
    assert heard[0] == f"{name} waits for {reply}: Who is\\x1b[2J strong?\n"
    assert heard[1].startswith(f"{name} answered after ")
    assert heard[2] == f"{name} was answered before\n"
    assert (rest, errors) == ("", "")


def test_ctrl_c_while_a_request_waits(tmp_path: Path) -> None:
    with serving(str(tmp_path)) as (process, said), ThreadPoolExecutor(1) as pool:
        base_url = said.readline().strip()
        with openai.OpenAI(base_url=base_url, api_key="any", max_retries=0) as client:
            asked = pool.submit(client.chat.completions.create, **chat_body())
            name = said.readline().partition(" waits for ")[0]
            rest, errors = interrupted(process)
            assert isinstance(asked.exception(timeout=SOON), openai.APIConnectionError)
    assert (rest, errors) == (f"{name} got no reply\n", "")


def test_events_as_json_and_a_timeout(tmp_path: Path) -> None:
    with serving(str(tmp_path), "--timeout", "0.1", "--model", "me", "--json") as (process, said):
        base_url = json.loads(said.readline())["base_url"]
        with openai.OpenAI(base_url=base_url, api_key="any") as client:
            with pytest.raises(openai.NotFoundError):
                client.chat.completions.create(**chat_body())
            with pytest.raises(openai.InternalServerError, match=r"no reply within 0\.1 s"):
                client.chat.completions.create(**{**chat_body(), "model": "me"})
        rest, errors = interrupted(process)
    (waiting,) = waiting_in(tmp_path)
    events = [json.loads(line) for line in rest.splitlines()]
    assert [(event["event"], event["name"]) for event in events] == [
        ("waits", waiting.name),
        ("unanswered", waiting.name),
    ]
    assert errors == ""


def test_a_reader_that_goes_away_ends_no_request(tmp_path: Path) -> None:
    with serving(str(tmp_path), "--timeout", "0.1") as (process, said):
        base_url = said.readline().strip()
        said.close()
        process.stdout = None
        with (
            openai.OpenAI(base_url=base_url, api_key="any") as client,
            pytest.raises(openai.InternalServerError, match="no reply"),
        ):
            client.chat.completions.create(**chat_body())
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=SOON)
    assert "Traceback" not in errors


# -- the list, and bad inputs --------------------------------------------------------------------------------


def plot(*args: str) -> Result:
    return CliRunner().invoke(main, ["serve-by-hand", *args], catch_exceptions=False)


def fails(*args: str, code: int = 1) -> str:
    result = plot(*args)
    assert (result.exit_code, result.stdout) == (code, "")
    assert "Traceback" not in result.stderr and "bug in PLoT" not in result.stderr
    return result.stderr


def test_the_list_of_what_waits(tmp_path: Path) -> None:
    assert plot(str(tmp_path), "--list").stdout == ""
    name = "0002-0123456789ab"
    (tmp_path / f"{name}.request.json").write_text(json.dumps(chat_body("Who\nis \x1b[2Jit?")))
    (tmp_path / "0001-aaaaaaaaaaaa.request.json").write_text(json.dumps(chat_body("One?")))
    (tmp_path / "0001-aaaaaaaaaaaa.reply.json").write_text("1")
    found = plot(str(tmp_path), "--list")
    assert found.exit_code == 0
    assert found.stdout.splitlines() == [
        f"{name}: Who is \\x1b[2Jit?",
        f"  read {tmp_path}/{name}.request.md",
        f"  reply in {tmp_path}/{name}.reply.txt",
    ]
    (one,) = json.loads(plot(str(tmp_path), "--list", "--json").stdout)["waiting"]
    assert one["name"] == name


def test_bad_inputs(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    assert "is a file" in fails(str(file))
    assert "is not a folder" in fails(str(file), "--list")
    assert "is not a folder" in fails(str(tmp_path / "nowhere"), "--list")
    assert "is not from 0 to 65,535" in fails(str(tmp_path), "--port", "65536", code=2)
    assert "not a finite number above 0" in fails(str(tmp_path), "--timeout", "0", code=2)
    assert "not a finite number above 0" in fails(str(tmp_path), "--timeout", "inf", code=2)
    assert "Missing argument" in fails(code=2)
    with ScriptedModel([]) as server:
        assert f"port {server.port} can't be opened: address" in fails(str(tmp_path), "--port", str(server.port))

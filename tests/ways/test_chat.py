"""`plot chat` from a pipe and on a pseudo-terminal, and `plot ask -c`."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from plot import World
from plot.cli import main
from plot.inference.progress import listening
from plot.ways.session import SessionStart, resumed
from plot.ways.transcript import read
from tests.support.clock import SOON

pytestmark = pytest.mark.usefixtures("own_folders")
QUICK = ("--precision", "0.05")
CONTROLS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")  # of a terminal: colours, and where the next letter stands


def chat(lines: str, *args: str) -> Result:
    return CliRunner().invoke(main, ["chat", *args, *QUICK], input=lines, catch_exceptions=False)


def ask(*args: str) -> Result:
    return CliRunner().invoke(main, ["ask", *args, *QUICK, "-q"], catch_exceptions=False)


def test_a_conversation_from_a_pipe_goes_on_in_other_commands(own_folders: Path) -> None:
    found = chat(
        "# a comment\n\nTom beat John. John beat Sue.\nWho is stronger, Tom or John?\n"
        "/suppose Tom is lazy in the first match.\nIs Tom stronger than John?\n/why\n/facts\n/undo\n"
        "/code\n/graph\n/model\n/world\n/help\n/save talk.md\n/quit\nnever\n",
        "tugofwar",
        "--no-facts",
    )
    assert found.exit_code == 0, found.stderr
    for said in (
        "understood as: Tom beat John.", "(until /undo)", "taken back: Tom is lazy in the first match.", "Probably Tom",
        "Question: Why is Tom stronger than John?", "← laziness(tom)", "translated by the grammar", "pull in teams",
        "/suppose TEXT", "saved: talk.md", "reason",
    ):  # fmt: skip
        assert said in found.stdout, said
    assert "never" not in found.stdout
    answer = ask("-c", "Is Tom stronger than Sue?")
    assert answer.exit_code == 0 and "yes" in answer.stdout
    likely = ask("-c", "--given", "Ann beat Tom.", "Who is stronger, Ann or Tom?").stdout
    assert likely.casefold().startswith(("probably ann", "very probably ann"))
    assert ask("-c", "tugofwar", "Is Tom stronger than Sue?").stdout == ask("-c", "Is Tom stronger than Sue?").stdout
    about = ask("-c", "clinic", "Is Tom stronger than Sue?")
    assert about.exit_code == 1 and "the last conversation is about 'tugofwar', not 'clinic'" in about.stderr
    assert ask("-c", "tugofwar").exit_code == 2
    kept = (own_folders / "cache" / "conversation.md").read_text(encoding="utf-8")
    assert kept.count("## ask") == 7 and "> Ann beat Tom." in kept
    again = chat("/facts\n", "--resume", "talk.md")
    assert again.stdout.splitlines() == ["Tom beat John.  [Tom beat John.]", "John beat Sue.  [John beat Sue.]"]


def test_lines_that_fail_end_nothing_but_count() -> None:
    found = chat(
        "/nope\nqwerty.\n/undo\n/render\n/render x.png\n/load nowhere.md\n/world nowhere\n/why\nTom beat John.\n",
        "tugofwar",
        "--no-facts",
    )
    assert found.exit_code == 1
    assert found.stderr.count("error: ") == 8 and "Traceback" not in found.stderr
    assert "understood as: Tom beat John." in found.stdout


def test_questions_stand_on_lines_of_their_own_and_files_that_can_not_be_written_are_noted(own_folders: Path) -> None:
    (own_folders / "cache").write_text("no folder", encoding="utf-8")
    lines = "Tom beat John. Who is stronger? Is Tom lazy?\nTom beat John.\nTom beat Sue.\n"
    found = chat(lines, "tugofwar", "--no-facts", "--transcript", "kept.md")
    assert found.exit_code == 1 and "one question, at its end" in found.stderr
    assert found.stdout.count("the transcript is not kept there") == 1
    assert Path("kept.md").read_text(encoding="utf-8").count("## tell") == 2


def test_a_closed_standard_input_is_told(own_folders: Path) -> None:
    command = f"exec {sys.executable} -m plot chat tugofwar --no-facts <&-"
    done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, timeout=SOON, check=False)
    assert done.returncode == 1 and "the standard input is closed" in done.stderr


def test_a_file_of_the_user_keeps_its_own_conversation(own_folders: Path) -> None:
    kept = ("tugofwar", "--no-facts", "--transcript", "kept.md")
    found = chat("Tom beat John.\n/world clinic\nAnn has a fever.\n", *kept)
    assert "kept.md keeps the conversation before" in found.stdout
    before = Path("kept.md").read_text(encoding="utf-8")
    assert "Tom beat John." in before and "Ann" not in before
    again = chat("Sue beat John.\n", *kept)
    assert again.exit_code == 1 and "--resume kept.md" in again.stderr
    assert Path("kept.md").read_text(encoding="utf-8") == before
    start = starting()
    one, other = (resumed(read("kept.md"), start, [Path("kept.md")]) for _ in range(2))
    one.tell("Sue beat John.")
    other.tell("Ann beat John.")
    assert "Sue" in Path("kept.md").read_text(encoding="utf-8") and one.notes == []
    assert "was changed by somebody else" in other.notes[0]


def starting() -> SessionStart:
    return lambda world, facts, _: World.load(world).conversation(facts=facts)


def test_another_world_and_another_transcript_take_the_place() -> None:
    assert chat("Tom beat John.\n/save talk.md\n", "tugofwar", "--no-facts").exit_code == 0
    found = chat("/world lunch\n/load talk.md\n/facts\n", "tugofwar")
    assert found.exit_code == 0 and "Tom beat John.  [" in found.stdout


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ((), "WORLD"),
        (("tugofwar", "--resume", "talk.md"), "either WORLD or --resume"),
        (("--resume", "nowhere.md"), "can't be read"),
        (("--resume", "-"), "takes a file"),
        (("nowhere",), "there is no world"),
    ],
)
def test_what_there_is_not_can_not_be_talked_about(args: tuple[str, ...], message: str) -> None:
    found = chat("", *args)
    assert found.exit_code in (1, 2) and message in found.stderr


def test_there_is_nothing_to_go_on_with_before_the_first_conversation() -> None:
    found = ask("-c", "Who is stronger?")
    assert found.exit_code == 1 and "plot chat" in found.stderr
    assert ask("-c", "Who is stronger?", "--see", "x.png").exit_code == 2


def test_ctrl_c_ends_an_inference_and_not_the_conversation() -> None:
    interrupted: list[float] = []

    def heard(share: float, _: str) -> None:
        if not interrupted:
            interrupted.append(share)
            signal.raise_signal(signal.SIGINT)

    lines = "Tom beat John.\nHow strong is Tom?\n/facts\n"
    args = ["chat", "tugofwar", "--no-facts", "--precision", "0.0005"]
    with listening(heard):
        found = CliRunner().invoke(main, args, input=lines, catch_exceptions=False)
    assert interrupted and "interrupted" in found.stdout
    assert found.stdout.splitlines()[-1] == "Tom beat John.  [Tom beat John.]"


@pytest.mark.slow
def test_lines_are_typed_and_completed_on_a_terminal(own_folders: Path) -> None:
    pytest.importorskip("prompt_toolkit")
    master, slave = pty.openpty()
    command = [sys.executable, "-m", "plot", "chat", "tugofwar", "--no-facts", *QUICK]
    env = {**os.environ, "TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1"}
    process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=subprocess.DEVNULL, env=env)
    os.close(slave)
    written = ""

    def until(text: str) -> None:
        """Read until a text is shown, be it letter by letter, and forget all before its end."""
        nonlocal written
        while text not in written:
            assert process.poll() is None and select.select([master], [], [], SOON)[0], written
            written = CONTROLS.sub("", written + os.read(master, 65536).decode(errors="replace"))
        written = written.partition(text)[2]

    try:
        for awaited, keys in (
            (["war>"], "nonsense\x03"),  # Ctrl-C empties the line
            (["nonsense", "war>"], "Tom beat John.\r"),
            (["understood as: Tom beat John.", "war>"], "/und\t"),
            (["/undo"], "\r"),
            (["taken back: Tom beat John.", "war>"], "\x04"),
        ):
            for text in awaited:
                until(text)
            os.write(master, keys.encode())
        assert process.wait(timeout=SOON) == 0
    finally:
        process.kill()
        os.close(master)
    assert "Tom beat John." in (own_folders / "cache" / "chat-history").read_text(encoding="utf-8")

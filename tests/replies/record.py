"""Record the replies of a world again: `python -m tests.replies.record WORLD --base-url URL`, or `--keep`.

The endpoint may be one by hand (`plot serve-by-hand DIR`) or any model. With `--keep` the replies that are there are
kept for prompts that have changed since, matched by utterance and round: read the difference before you commit it.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import click

from plot.errors import PlotError
from plot.llm import Client
from plot.llm.recording import Recording
from plot.llm.store import Store
from plot.testing import ReceivedRequest, ScriptedModel
from tests.replies.cases import MODEL, Case, cases_of, conversation, entry, recording_of, worlds


@click.command()
@click.argument("world", nargs=-1)
@click.option("--base-url", help="An OpenAI-compatible endpoint that replies.")
@click.option("--keep", is_flag=True, help="Give the replies that are recorded to the prompts of now.")
@click.option("--only", help="Try the utterances that hold this text, and write no recording.")
def main(world: tuple[str, ...], base_url: str | None, keep: bool, only: str | None) -> None:
    """Record the replies of worlds (all, where none is named), and say what each utterance was taken to mean."""
    for name in world or worlds():
        cases = [case for case in cases_of(name) if only is None or only in case.say]
        if keep:
            replies = kept_replies(name)
            with ScriptedModel(lambda request, known=replies: reply_to(request, known), model=MODEL) as server:
                record(name, cases, server.base_url, write=only is None)
        elif base_url is not None:
            record(name, cases, base_url, write=only is None)
        else:
            raise click.UsageError("say --base-url URL, or --keep")


def record(world: str, cases: list[Case], base_url: str, *, write: bool) -> None:
    """Translate all cases of a world; the recording takes the place of the old one when all are done."""
    with tempfile.TemporaryDirectory() as folder:
        recording = Recording(Path(folder) / "replies.json", records=True)
        with Client(store=Store(Path(folder)), cache=False, recording=recording) as client:
            for case in cases:
                click.echo(f"“{case.say}”")
                talk, model = conversation(case, client, entry(base_url, timeout=3_600))
                try:
                    for reading in talk.translate(case.say)[0].readings:
                        click.echo(f"  {reading.weight:.0%}  {' '.join(reading.code.split())}")
                except PlotError as error:
                    click.echo(f"  refused: {error.message}")
                for mistake in model.outcomes[-1].mistakes if model.outcomes else ():
                    click.echo(f"  at first wrong: {mistake.splitlines()[0]}")
        if write:
            recording_of(world).write_text(recording.path.read_text(encoding="utf-8"), encoding="utf-8")


def kept_replies(world: str) -> dict[tuple[str, int], str]:
    """Return the recorded replies by utterance and number of messages."""
    kept = json.loads(recording_of(world).read_text(encoding="utf-8"))["replies"].values()
    return {(one["utterance"], one["messages"]): one["reply"]["text"] for one in kept}


def reply_to(request: ReceivedRequest, known: dict[tuple[str, int], str]) -> str:
    """Return the reply to the utterance in a prompt."""
    said = request.messages[1]["content"].rpartition("<utterance>\n")[2].partition("\n</utterance>")[0]
    return known[" ".join(said.split()), len(request.messages)]


if __name__ == "__main__":
    main()

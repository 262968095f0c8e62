"""An application of language models that asks PLoT for its numbers: a tool with refusals, clarifications and JSON."""

from __future__ import annotations

import asyncio
import json

from plot import Conversation, PlotError, World

SURE_OF_READING = 0.8  # below, the user is asked what was meant


async def reason(talk: Conversation, question: str) -> dict[str, object]:
    """Return what a tool call hands back to the model: a figure with its error, or why there is none."""
    try:
        answer = await talk.aask(question, readings=True)
    except PlotError as error:
        return {"refused": error.message, "try": error.hint}
    found = answer.to_json()
    kept = ("answer", "probability", "mean", "distribution", "mcse", "understood_as", "reading_probability")
    shown = {key: found[key] for key in kept if found[key] is not None}
    if (answer.reading_probability or 0.0) < SURE_OF_READING and answer.clarifying_question:
        shown["ask_the_user"] = answer.clarifying_question
    return shown


async def main() -> None:
    """Tell what a user said, and answer three tool calls at once, the last of which is refused."""
    talk = World.load("tugofwar").conversation(facts=False)
    talk.tell("Tom beat John. Mary beat Tom.")
    calls = ["Is Mary stronger than John?", "Who is stronger, Tom or Mary?", "Does Mary like chess?"]
    for call, found in zip(calls, await asyncio.gather(*(reason(talk, call) for call in calls)), strict=True):
        print(call, json.dumps(found, ensure_ascii=False, indent=1))
    supposed = talk.suppose("John was lazy in the first match.")  # what if, without telling it
    print(json.dumps(await reason(supposed, "Is Tom stronger than John?"), ensure_ascii=False))


if __name__ == "__main__":
    asyncio.run(main())

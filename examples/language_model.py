"""A sentence that the grammar can't read, translated by a language model: here one that follows a script."""

from __future__ import annotations

import tempfile
from pathlib import Path

from plot import World
from plot.llm import Client, Entry
from plot.testing import ScriptedModel
from plot.translate import Cascade, Grammar, LanguageModel

# Of three samples, two take it that they pulled together, and one that each beat Sue alone. The first reply of
# one of them calls a function that does not exist: it is told so, and mends it.
TOGETHER = {"code": 'condition(won_against(["tom", "ann"], ["sue"], 1))', "paraphrase": "as a team"}
EACH = {
    "code": 'condition(won_against(["tom"], ["sue"], 1) and won_against(["ann"], ["sue"], 2))',
    "paraphrase": "each alone",
}
WRONG = {"code": 'condition(defeated(["tom"], ["sue"]))'}


def main() -> None:
    """Tell the sentence, and ask who is stronger."""
    with tempfile.TemporaryDirectory() as folder, ScriptedModel([TOGETHER, WRONG, EACH, TOGETHER]) as server:
        entry = Entry(name="scripted", model="scripted", base_url=server.base_url, samples=3, parallel=1)
        with Client(store=Path(folder)) as client:
            model = LanguageModel(entry, client)
            talk = World.load("tugofwar").conversation(facts=False, translators=[Cascade(((Grammar(),), (model,)))])
            for told in talk.tell("Tom and Ann made short work of Sue."):
                for reading in told.readings:
                    print(f"{reading.weight:.0%} {reading.paraphrase}: {reading.code.strip()}")
            print(talk.ask("Is Tom stronger than Sue?"))
            print(client.usage)


if __name__ == "__main__":
    main()

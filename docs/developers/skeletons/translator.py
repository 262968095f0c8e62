"""A translator to copy: it reads one kind of sentence about `tugofwar`. Rename it, and replace `translate`."""

from __future__ import annotations

import json
import re

from plot import PlotError
from plot.translate import Discourse, Reading

SENTENCE = re.compile(r"\s*(?P<winner>[A-Za-z]+) outpulled (?P<loser>[A-Za-z]+)\s*\.?\s*")


class OwnTranslator:
    """Reads “Tom outpulled John.” as a match that Tom won."""

    name = "own"

    def translate(self, utterance: str, discourse: Discourse) -> tuple[Reading, ...]:
        """Return the readings of one sentence.

        Raises:
            PlotError: It is no sentence of this kind; nothing of a sentence is ever left out.
        """
        found = SENTENCE.fullmatch(utterance)
        if found is None:
            raise PlotError("this is not a sentence about who outpulled whom", hint="such as “Tom outpulled John.”")
        winner, loser = found["winner"].lower(), found["loser"].lower()
        match = discourse.events + 1  # events are numbered through the conversation
        code = f"condition(won_against([{json.dumps(winner)}], [{json.dumps(loser)}], {match}))"
        shown = f"{found['winner']} won a match against {found['loser']}"
        return (
            Reading(
                act="observation",
                code=code,
                weight=1.0,
                translator=self.name,
                paraphrase=shown,
                names=(winner, loser),
                events=1,
            ),
        )

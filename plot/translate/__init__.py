"""From an utterance to weighted readings: translators, and how their readings become one program."""

"""A world of one's own, written in the program: the same text can stand in a YAML file."""

from __future__ import annotations

from plot import World, run_program

KETTLE = """
name: kettle
description: A kettle that whistles when it boils, most of the time.
model: |
  boils = flip(0.4)
  whistles = flip(0.9) if boils else flip(0.02)
"""


def main() -> None:
    """Ask the model of the world in its own language."""
    world = World.parse(KETTLE, "kettle.yaml")
    question = "condition(whistles)\nquery(boils)\n"
    for answer in run_program(world.model + question, "kettle"):
        print(f"Does it boil, given that it whistles? {answer.answer}.")


if __name__ == "__main__":
    main()

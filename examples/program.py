"""A program in the language itself, without a world and without English."""

from __future__ import annotations

from plot import run_program

PROGRAM = """
@mem
def is_lazy(player, match):
    return flip(0.3)

@mem
def strength(player):
    return normal(50, 20)

def pull(player, match):
    return strength(player) / 2 if is_lazy(player, match) else strength(player)

condition(pull("tom", 1) > pull("sue", 1))
condition(pull("tom", 2) > pull("sue", 2))

query(strength("tom"))
query(strength("tom") > strength("sue"))
query(is_lazy("sue", 1) or is_lazy("sue", 2))
"""


def main() -> None:
    """Print the answer to each query."""
    for answer in run_program(PROGRAM, "the example"):
        print(f"{answer.question}\n{answer}\n")


if __name__ == "__main__":
    main()

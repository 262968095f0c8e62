"""A conversation with a world: tell it things, ask it things, and suppose others without telling them."""

from __future__ import annotations

from plot import PlotError, World


def main() -> None:
    """Talk about a tug-of-war."""
    talk = World.load("tugofwar").conversation(facts=False)
    talk.tell("Tom beat John.")
    talk.tell("John and Mary beat Tom and Sue.")

    answer = talk.ask("Is Mary stronger than Tom?")
    print(answer)
    print(f"\nThe figure alone: {answer.probability:.2f} ± {answer.mcse:.3f}")

    strength = talk.ask("How strong is Mary?")
    print(f"Mary's strength: {strength.mean:.1f}, standard deviation {strength.sd:.1f}")

    lazy = talk.suppose("Mary is lazy.")
    print(f"If she were lazy: {lazy.ask('How strong is Mary?').mean:.1f}")

    try:
        talk.ask("Colourless green ideas sleep furiously?")
    except PlotError as error:
        print(f"\nWhat can't be read is said:\n{error}")


if __name__ == "__main__":
    main()

"""How long a question takes from the shell, beside `import torch, pyro` alone, and how soon help answers.

    python benchmarks/startup.py [--repetitions 9]

The commands take turns, so that a busy machine slows all alike; medians of wall-clock seconds are printed.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence

PLOT = [sys.executable, "-m", "plot"]
QUESTION = [*PLOT, "ask", "tugofwar", "who is stronger?"]
COMMANDS: dict[str, Sequence[str]] = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "python -c 'import torch, pyro'": [sys.executable, "-c", "import torch, pyro"],
    "plot ask tugofwar": QUESTION,
    "plot ask tugofwar, two facts": [
        *PLOT, "ask", "tugofwar", "--no-facts", "Is Mary stronger than Tom?",
        "--given", "Tom beat John.", "--given", "John and Mary beat Tom and Sue.",
    ],
    "plot --help": [*PLOT, "--help"],
    "plot worlds": [*PLOT, "worlds"],
    "plot ask (usage error)": [*PLOT, "ask"],
}  # fmt: skip
BASELINE = "python -c 'import torch, pyro'"


def seconds(command: Sequence[str]) -> float:
    """Return how long a command takes; one that fails other than by usage is an error."""
    started = time.perf_counter()
    done = subprocess.run(command, capture_output=True, check=False)
    taken = time.perf_counter() - started
    if done.returncode not in (0, 2):
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr.decode()}")
    return taken


def main() -> None:
    """Measure, and print the table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--repetitions", type=int, default=9)
    repetitions = options.parse_args().repetitions
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for command in COMMANDS.values():
        seconds(command)  # compiled files and the disk's cache, once
    for _ in range(repetitions):
        for name, command in COMMANDS.items():
            times[name].append(seconds(command))
    base = statistics.median(times[BASELINE])
    print(f"{'command':34} {'median s':>9} {'fastest':>9} {'ratio':>7}   ({repetitions} repetitions)")
    for name, found in times.items():
        median = statistics.median(found)
        print(f"{name:34} {median:9.3f} {min(found):9.3f} {median / base:7.2f}")


if __name__ == "__main__":
    main()

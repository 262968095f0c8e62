"""The page docs/benchmarks.md, made from the committed results: `python -m benchmarks.page` writes it.

Each section is one results file, with its command, date and machine. A table has a row per task and a column per
method: effective samples per second where a method samples, milliseconds where every method is exact. The losses, that
is all methods that were faster than PLoT's default, are listed under each table.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "inference"
PAGE = ROOT / "docs" / "benchmarks.md"
OURS = "PLoT auto"
CLOSE = 1.05  # ratios below are ties

SECTIONS: Mapping[str, tuple[str, str]] = {
    "results_tournaments.json": (
        "Tug-of-war, 2 to 16 matches",
        "Six players; latent are their strengths and who is lazy in which match. PLoT may take five seconds.",
    ),
    "results_longer.json": (
        "Tug-of-war, 16 to 64 matches",
        "Six and twenty players. PLoT may take ten seconds, its default.",
    ),
    "results_all_peers.json": ("All methods, small problems", "Tournaments of 1 to 8 matches, and Bayes nets."),
    "results_32_matches.json": ("All methods, 32 matches", "An earlier run with a larger set of methods."),
    "results_family_tree.json": (
        "Family trees",
        "The kinship world, with evidence of probability 8e-5. PLoT's time includes training its proposal.",
    ),
    "results_nets.json": (
        "Bayes nets",
        "All hidden marginals, or one of them (`-one`), in processor time. PLoT's time includes making the tables.",
    ),
}

HEAD = f"""# Benchmarks

This page is made from the committed results by `python -m benchmarks.page`; a test checks that it is up to date. Each
results file holds the runs of all methods, interleaved in one process on one machine, so that ratios within a table are
meaningful and absolute figures are rough (to a factor of about one and a half).

- **Effective samples per second** (ESS/s): the reciprocal of the squared error of the posterior means against a
  reference, in posterior variances, divided by the median time of a run. Bias counts as error
  (`benchmarks/inference/scoring.py`).
- **`{OURS}`** is PLoT as it runs by default: it chooses the method itself.
- **NumPy and Pyro by hand** were written for the one model that is measured; PLoT runs any program.
- Other measurements: [mixtures of translators](mixture.md), [the router](router.md).
"""


def page() -> str:
    """Return the text of the page."""
    return "\n".join([HEAD, *(section(name, *about) for name, about in SECTIONS.items())])


def section(name: str, title: str, text: str) -> str:
    """Return the section of one results file."""
    results = json.loads((RESULTS / name).read_text(encoding="utf-8"))
    machine = results["machine"]
    tasks = {task: found["scores"] for task, found in results["tasks"].items()}
    sampled = {task: scores for task, scores in tasks.items() if not scores[OURS]["exact"]}
    exact = {task: scores for task, scores in tasks.items() if scores[OURS]["exact"]}
    parts = [f"## {title}", text]
    if sampled:
        parts += ["Effective samples per second (more is better):", table(sampled, pace), losses(sampled)]
    if exact:
        parts += ["Milliseconds for an exact answer (less is better):", table(exact, milliseconds), losses(exact)]
    parts.append(
        f"[`{name}`](../benchmarks/inference/{name}), {results['date'][:10]}, {machine['processor']}, "
        f"{machine['cores']} cores, torch threads: {machine['torch_threads']}:"
    )
    parts.append(f"```sh\n{results['command']}\n```")
    return "\n\n".join(parts) + "\n"


def table(tasks: Mapping[str, Mapping[str, Any]], cell: Any) -> str:
    """Return a Markdown table with a row per method and a column per task; PLoT's methods come first."""
    names = list(dict.fromkeys(name for scores in tasks.values() for name in scores))
    names.sort(key=lambda name: not name.startswith("PLoT"))
    rows = [f"| method | {' | '.join(label(task) for task in tasks)} |", f"|---|{'---:|' * len(tasks)}"]
    for name in names:
        cells = (cell(scores[name]) if name in scores else "–" for scores in tasks.values())
        rows.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(rows)


def label(task: str) -> str:
    """Return the name of a task as a heading.

    >>> label("players6-matches32")
    '6 players, 32 matches'
    """
    players, dash, matches = task.partition("-matches")
    return (
        f"{players.removeprefix('players')} players, {matches} match{'es' if matches != '1' else ''}" if dash else task
    )


def pace(score: Mapping[str, Any]) -> str:
    """Return effective samples per second to three digits; 'none' where no run found an answer."""
    value = score["ess_per_second"]
    return "none" if value == 0 else f"{float(f'{value:.3g}'):,g}" if value < 1e6 else f"{float(f'{value:.3g}'):,.0f}"


def milliseconds(score: Mapping[str, Any]) -> str:
    """Return the median time of a run; of one that is not exact, nothing that could be compared."""
    return f"{1000 * score['seconds']:.2g}" if score["exact"] else "not exact"


def losses(tasks: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the list of the methods that were faster than PLoT's default."""
    found = list(lost(tasks))
    return (
        "\n".join(["Faster than PLoT's default:", "", *found]) if found else "No method was faster than PLoT's default."
    )


def lost(tasks: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Yield a line for each task on which another method was faster, with the ratios."""
    for task, scores in tasks.items():
        ours = scores[OURS]
        ratios = {
            name: ours["seconds"] / score["seconds"]
            if ours["exact"]
            else score["ess_per_second"] / ours["ess_per_second"]
            for name, score in scores.items()
            if name != OURS and score["exact"] == ours["exact"]
        }
        better = sorted((-ratio, name) for name, ratio in ratios.items() if ratio > CLOSE)
        if better:
            yield f"- {label(task)}: {', '.join(f'{name} ({-ratio:.2g} times as fast)' for ratio, name in better)}"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")

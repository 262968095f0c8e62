"""How fast a batch is: 200 vignettes of three matches, by one process and by several.

    python benchmarks/batch.py [--vignettes 200] [--jobs 2] [--precision 0.02] [--rounds 5]

The path is that of `plot batch --jobs`. All processes are warm: some vignettes come before what is measured, and each
worker has read the world. Rounds of one process and of several take turns, and their medians are compared, so that
what else runs on the machine (its load is printed) disturbs both. Where it is busy, seconds of the clock say little;
those of the processor, and how long workers had something to do, still say what the loss is: from these follows how
much faster several processes are on as many cores that have nothing else to do.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from plot.batch import running
from plot.batch.cluster import DaskCluster
from plot.batch.running import Crew, ThisProcess
from plot.batch.table import ResultTable

NAMES = ("Tom", "John", "Mary", "Sue", "Ann")
WARM = 32  # vignettes for each process


def vignette(number: int, precision: float) -> dict[str, object]:
    """Return a vignette of three matches, of one or two players on a side."""
    draw = random.Random(number)
    told = []
    for _ in range(3):
        size = draw.choice([1, 1, 2])
        players = draw.sample(NAMES, 2 * size)
        told.append(f"{' and '.join(players[:size])} beat {' and '.join(players[size:])}.")
    one, other = draw.sample(NAMES, 2)
    options = {"facts": False, "precision": precision}
    question = f"Is {one} stronger than {other}?"
    return {"id": f"v{number}", "world": "tugofwar", "statements": told, "questions": [question], "options": options}


@dataclass(frozen=True)
class Timed:
    """One run of a batch: seconds of the clock; of the processor, here and in workers; at vignettes; and the table."""

    clock: float
    here: float
    workers: float
    at_work: float
    table: bytes


def spent(pids: list[int]) -> float:
    """Return the seconds of the processor that processes have taken."""
    return sum(sum(psutil.Process(pid).cpu_times()[:2]) for pid in pids)


def timed(rows: list[dict[str, object]], folder: Path, crew: Crew, pids: list[int]) -> Timed:
    """Answer vignettes with a crew, whose workers are other processes."""
    path, out, log = folder / "vignettes.jsonl", folder / "out.csv", folder / "out.csv.log"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    log.unlink(missing_ok=True)
    before, here, begun = spent(pids), time.process_time(), time.perf_counter()
    running.run(running.batch_of(path, 0), ResultTable(out, fresh=True), crew)
    clock, here, workers = time.perf_counter() - begun, time.process_time() - here, spent(pids) - before
    at_work = sum(json.loads(line)["seconds"] for line in log.read_text().splitlines())
    return Timed(clock, here, workers, at_work, out.read_bytes())


def workers_of(folder: Path) -> list[int]:
    """Return the processes that have answered the last batch, without this one."""
    lines = (folder / "out.csv.log").read_text().splitlines()
    return sorted({int(json.loads(line)["worker"].rpartition(":")[2]) for line in lines} - {os.getpid()})


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vignettes", type=int, default=200)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--precision", type=float, default=0.02)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    warm = [vignette(number, given.precision) for number in range(WARM * given.jobs)]
    rows = [vignette(len(warm) + number, given.precision) for number in range(given.vignettes)]
    alone, several = [], []
    with tempfile.TemporaryDirectory() as name, DaskCluster(jobs=given.jobs) as crew:
        folder = Path(name)
        timed(warm, folder, ThisProcess(), [])
        timed(warm, folder, crew, [])
        pids = workers_of(folder)
        for _ in range(given.rounds):
            load = os.getloadavg()[0]
            alone.append(timed(rows, folder, ThisProcess(), []))
            several.append(timed(rows, folder, crew, pids))
            one, more = alone[-1], several[-1]
            print(
                f"one process: {told(one, len(rows), 1)} | {given.jobs}: {told(more, len(rows), given.jobs)}", end=" "
            )
            print(f"| {one.clock / more.clock:.2f} times as fast (load {load:.1f})", flush=True)
    report(alone, several, given.jobs)


def told(run: Timed, vignettes: int, jobs: int) -> str:
    """Return what a run took for each vignette, and how much of the clock its workers had something to do."""
    clock, cpu = 1000 * run.clock / vignettes, 1000 * (run.here + run.workers) / vignettes
    return f"{clock:.1f} ms, {cpu:.1f} ms of a core, at work {run.at_work / (jobs * run.clock):.0%}"


def report(alone: list[Timed], several: list[Timed], jobs: int) -> None:
    """Print the medians, and what follows from them for cores that have nothing else to do."""
    clock = statistics.median(one.clock / more.clock for one, more in zip(alone, several, strict=True))
    core = statistics.median(one.here for one in alone)
    here, workers = (statistics.median(getattr(run, part) for run in several) for part in ("here", "workers"))
    busy = statistics.median(run.at_work / (jobs * run.clock) for run in several)
    print(f"{clock:.2f} times as fast by the clock (median of {len(alone)})")
    print(f"seconds of the processor: one process {core:.2f}; {jobs} workers {workers:.2f} and this process {here:.2f}")
    print(f"on {jobs} free cores: {jobs * core / (here + workers):.2f} times as fast where no worker waits, ", end="")
    print(f"{jobs * core / workers * busy:.2f} where they wait as here (at work {busy:.0%})")
    print(f"the same rows: {len({run.table for run in (*alone, *several)}) == 1}; {os.cpu_count()} cores")


if __name__ == "__main__":
    main()

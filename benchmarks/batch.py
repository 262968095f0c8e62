"""How fast a batch is: 200 vignettes of three matches, by one process and by several.

    python benchmarks/batch.py [--vignettes 200] [--jobs 2] [--precision 0.02]

All processes are warm: some vignettes come before what is measured. Seconds of the clock depend on what else runs
on the machine (its load is printed), those of the processor much less: from these follows how much faster several
processes are on as many cores that have nothing else to do.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import tempfile
import time
from pathlib import Path

import distributed

from plot.batch import cluster, running
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


def timed(rows: list[dict[str, object]], folder: Path, crew: Crew) -> tuple[float, bytes]:
    """Return the seconds of the clock for each vignette, and the table."""
    path, out = folder / "vignettes.jsonl", folder / "out.csv"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    batch, begun = running.batch_of(path, 0), time.perf_counter()
    running.run(batch, ResultTable(out, fresh=True), crew)
    return (time.perf_counter() - begun) / len(rows), out.read_bytes()


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vignettes", type=int, default=200)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--precision", type=float, default=0.02)
    given = parser.parse_args()
    warm = [vignette(number, given.precision) for number in range(WARM * given.jobs)]
    rows = [vignette(len(warm) + number, given.precision) for number in range(given.vignettes)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        timed(warm, folder, ThisProcess())
        load, before = os.getloadavg()[0], time.process_time()
        alone, table = timed(rows, folder, ThisProcess())
        processor = (time.process_time() - before) / len(rows)
        print(f"one process: {1000 * alone:.1f} ms a vignette, {1000 * processor:.1f} ms of a core (load {load:.1f})")
        options = {"n_workers": given.jobs, "threads_per_worker": 1, "host": "127.0.0.1", "dashboard_address": None}
        with distributed.LocalCluster(**options) as workers, distributed.Client(workers) as client:
            address = workers.scheduler_address
            timed(warm, folder, cluster.DaskCluster(address))
            load, before = os.getloadavg()[0], sum(client.run(time.process_time).values())
            several, again = timed(rows, folder, cluster.DaskCluster(address))
            spent = (sum(client.run(time.process_time).values()) - before) / len(rows)
        each = f"{1000 * several:.1f} ms a vignette, {1000 * spent:.1f} ms of a core"
        print(f"{given.jobs} processes: {each} (load {load:.1f})")
        free = given.jobs * processor / spent
        print(f"{alone / several:.2f} times as fast by the clock; on as many free cores {free:.2f}")
        print(f"the same rows: {table == again}; {os.cpu_count()} cores")


if __name__ == "__main__":
    main()

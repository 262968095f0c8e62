"""Batches on Dask: a real scheduler, and workers that are killed, poisoned, or lose it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import dask
import distributed
import pytest

from plot.batch import answer_file
from plot.batch.cluster import DaskCluster
from plot.batch.running import Summary, batch_of, run
from plot.batch.table import ResultTable
from plot.errors import PlotError
from tests.batch.rows import table, vignette, written

POISON = Path(__file__).with_name("poison.py")
SOON = 120


def with_table(path: Path, count: int, matches: int) -> Path:
    """Write a file of vignettes, with the table that one process makes of them next to it."""
    written(path, [vignette(number, matches, precision=0.05) for number in range(count)])
    answer_file(path, path.with_name("alone.csv"))
    return path


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    return with_table(tmp_path / "rows.jsonl", 40, matches=3)


def same_as_alone(rows: Path, out: Path) -> bool:
    return out.read_bytes() == rows.with_name("alone.csv").read_bytes()


def batched(rows: Path, out: Path, cluster: DaskCluster) -> Summary:
    return run(batch_of(rows, 0), ResultTable(out), cluster)[0]


@pytest.mark.filterwarnings("default")
def test_a_scheduler_gives_the_same_rows(tmp_path: Path) -> None:
    """Its workers are threads of this process here, which talk over TCP; one closes in the middle."""
    rows = with_table(tmp_path / "rows.jsonl", 16, matches=1)
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=False, protocol="tcp", host="127.0.0.1", dashboard_address=None
    ) as workers:
        cluster, out = DaskCluster(workers.scheduler_address), tmp_path / "out.csv"
        assert cluster.size == 2

        def told(done: int, _: int) -> None:
            if done >= 4 and len(workers.workers) == 2:
                workers.scale(1)

        assert run(batch_of(rows, 0), ResultTable(out), cluster, told)[0].answered == 16
        assert same_as_alone(rows, out)


def test_a_scheduler_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plot.batch.cluster.FIRST_PATIENCE", 0.2)
    with pytest.raises(PlotError, match="no scheduler can be reached"):
        DaskCluster("tcp://127.0.0.1:1")
    with pytest.raises(PlotError, match="is not an address"):
        DaskCluster("nonsense://x")


def environment_of_the_handbook(folder: Path) -> dict[str, str]:
    """Run the commands of the handbook that make a certificate, and return what they set."""
    text = (Path(__file__).resolve().parents[2] / "docs" / "cluster.md").read_text(encoding="utf-8")
    block = text[text.index("### TLS") :].split("```bash")[1].split("```")[0]
    commands = "\n".join([*block.partition("\ndask scheduler")[0].splitlines(), "env -0"])
    found = subprocess.run(["bash", "-ec", commands], cwd=folder, check=True, capture_output=True, text=True).stdout
    named = dict(line.partition("=")[::2] for line in found.split("\0"))
    return {name: value for name, value in named.items() if name.startswith("DASK_")}


@pytest.mark.filterwarnings("default")
@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")
def test_a_scheduler_that_takes_tls_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The certificate is that of the handbook's commands; who lacks it, or talks without TLS, is refused."""
    rows, out = with_table(tmp_path / "rows.jsonl", 4, matches=1), tmp_path / "out.csv"
    found = dask.config.collect_env(environment_of_the_handbook(tmp_path))
    settings = dask.config.merge(dask.config.config, found)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("plot.batch.cluster.FIRST_PATIENCE", 2.0)
    with ExitStack() as stack:
        with dask.config.set(settings):
            options = {"host": "127.0.0.1", "dashboard_address": None, "security": distributed.Security()}
            workers = stack.enter_context(
                distributed.LocalCluster(1, threads_per_worker=1, processes=False, protocol="tls", **options)
            )
            address = workers.scheduler_address
            assert address.startswith("tls://")
            assert batched(rows, out, DaskCluster(address)).answered == 4 and same_as_alone(rows, out)
            with pytest.raises(PlotError, match="require TLS"):
                DaskCluster(address.replace("tls", "tcp"))
        with pytest.raises(PlotError, match="no certificate is known"):
            DaskCluster(address)
        with pytest.raises(PlotError, match="no scheduler can be reached"):
            DaskCluster(address.replace("tls", "tcp"))
        (tmp_path / "cert.pem").write_text("no certificate", encoding="utf-8")
        with dask.config.set(settings), pytest.raises(PlotError, match="certificates of Dask's settings can't be read"):
            DaskCluster(address)


# -- processes -----------------------------------------------------------------------------------------------


@contextmanager
def process(*args: str, env: Mapping[str, str] | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """Run a module of Dask, and end its process and those that it started."""
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    command = [sys.executable, "-m", *args]
    begun = subprocess.Popen(command, start_new_session=True, env={**os.environ, **(env or {})}, **quiet)  # type: ignore[call-overload]
    try:
        yield begun
    finally:
        if begun.poll() is None:
            os.killpg(begun.pid, signal.SIGKILL)
        begun.wait()


def scheduler(port: int) -> object:
    return process("distributed.cli.dask_scheduler", "--port", str(port), "--no-dashboard", "--host", "127.0.0.1")


def four_workers(port: int, tmp_path: Path, *more: str) -> object:
    options = [
        "--nworkers",
        "4",
        "--nthreads",
        "1",
        "--no-dashboard",
        "--local-directory",
        str(tmp_path / "dask"),
        *more,
    ]
    return process("distributed.cli.dask_worker", f"tcp://127.0.0.1:{port}", *options)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def pids(address: str) -> list[int]:
    with distributed.Client(address, set_as_default=False) as client:
        client.wait_for_workers(4, timeout=SOON)
        return sorted(client.run(os.getpid).values())


@pytest.mark.full
@pytest.mark.filterwarnings("default")
def test_a_killed_worker_loses_nothing_and_a_poisoned_row_fails_alone(rows: Path, tmp_path: Path) -> None:
    port, out = free_port(), tmp_path / "out.csv"
    address = f"tcp://127.0.0.1:{port}"
    with scheduler(port), four_workers(port, tmp_path, "--preload", str(POISON)):  # type: ignore[attr-defined]
        workers = pids(address)
        killed: list[int] = []

        def told(done: int, _: int) -> None:
            if done >= 5 and not killed:
                killed.append(workers[0])
                os.kill(workers[0], signal.SIGKILL)

        assert run(batch_of(rows, 0), ResultTable(out), DaskCluster(address), told)[0] == Summary(answered=40)
        assert killed and same_as_alone(rows, out)
        poisoned = written(
            tmp_path / "poisoned.jsonl", [*(vignette(n) for n in range(8)), {**vignette(8), "id": "poison"}]
        )
        assert batched(poisoned, tmp_path / "poisoned.csv", DaskCluster(address)) == Summary(answered=8, failed=1)
        *others, last = table((tmp_path / "poisoned.csv").read_text())
        assert all(row["status"] == "answered" for row in others) and "processes died" in last["refused"]
        assert batched(poisoned, tmp_path / "poisoned.csv", DaskCluster(address)).kept == 8


@pytest.mark.full
@pytest.mark.filterwarnings("default")
def test_a_restarted_scheduler_goes_on(rows: Path, tmp_path: Path) -> None:
    port, out = free_port(), tmp_path / "out.csv"
    address = f"tcp://127.0.0.1:{port}"
    with ExitStack() as first, ExitStack() as second:
        old = first.enter_context(scheduler(port))  # type: ignore[call-overload]
        first.enter_context(four_workers(port, tmp_path))  # type: ignore[call-overload]
        pids(address)

        def told(done: int, _: int) -> None:
            if done >= 5 and old.poll() is None:
                first.close()
                second.enter_context(scheduler(port))  # type: ignore[call-overload]
                second.enter_context(four_workers(port, tmp_path))  # type: ignore[call-overload]

        assert run(batch_of(rows, 0), ResultTable(out), DaskCluster(address), told)[0].answered == 40
        assert old.poll() is not None and same_as_alone(rows, out)


@pytest.mark.full
def test_a_killed_command_with_workers_of_its_own(rows: Path, tmp_path: Path) -> None:
    """Its workers end with it, and the next command goes on."""
    out, log = tmp_path / "out.csv", tmp_path / "out.csv.log"
    with process("plot", "batch", str(rows), "-o", str(out), "-j", "2") as command:
        ends = time.monotonic() + SOON
        while not (log.exists() and log.read_text().count("\n") >= 3) and time.monotonic() < ends:
            time.sleep(0.01)
        os.kill(command.pid, signal.SIGKILL)
        command.wait()
    assert answer_file(rows, out).kept >= 3
    assert same_as_alone(rows, out)

"""Vignettes on a cluster: Dask distributed, with worker processes on this machine or at a scheduler's address."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from plot._lazy import late
from plot.batch.answering import FAILED, Chunk, Result, answer_chunk, rows_without_answer
from plot.errors import PlotError

if TYPE_CHECKING:
    import dask
    import distributed
else:
    dask = late("dask")
    distributed = late("distributed")

AHEAD = 4  # chunks for each worker that the scheduler holds
COUNT_EVERY = 5.0  # seconds between two looks at how many workers there are
FIRST_PATIENCE = 20.0  # seconds for a scheduler to answer at all
PATIENCE = 120.0  # seconds for it to come back
BETWEEN = 0.5  # seconds between two attempts to reach it
ALLOWED_DEATHS = 1  # of own workers at one task: with a further one it is given up
LEFT = (CancelledError, OSError, TimeoutError)  # what is raised where the scheduler has gone


class _LostSchedulerError(Exception):
    """The scheduler has gone, with all that it knew."""


QUIET = {  # what Dask watches by default costs a tenth of a core beside two workers, and is shown on no dashboard here
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.system-monitor.interval": "10s",
    "distributed.admin.system-monitor.disk": False,
    "distributed.admin.system-monitor.gil.enabled": False,
}


class DaskCluster:
    """Workers of a Dask scheduler. What a worker had begun when it died is asked again, as is all of a lost scheduler.

    A vignette that kills its workers fails alone: the chunk that it was in is asked again one by one. Workers on this
    machine start with the first batch, stay warm for the next one, and end with the `with` block.

    Args:
        address: The address of a scheduler, `tcp://…` or `tls://…`; None: worker processes on this machine.
        jobs: How many of these.
        patience: How many seconds a scheduler that was reached before may be away.
    """

    def __init__(self, address: str | None = None, jobs: int = 1, patience: float = PATIENCE) -> None:
        _check_installed()
        self._address = address
        self._jobs = jobs
        self._patience = patience
        self._first: Any = None
        self._own: Any = None
        self._open = ExitStack()
        if address is not None:
            self._first = _connected(address, FIRST_PATIENCE)

    def __enter__(self) -> DaskCluster:
        return self

    def __exit__(self, *_: object) -> None:
        self._own = None
        self._open.close()

    def _own_client(self) -> Any:
        if self._own is None:
            self._own = self._open.enter_context(_own_workers(self._jobs))
        return self._own

    @property
    def size(self) -> int:
        """How many vignettes are answered at once; at a scheduler, as many as it has workers now."""
        return self._jobs if self._first is None else max(1, _workers(self._first))

    def answer(self, chunks: Iterator[Chunk]) -> Iterator[list[Result]]:
        """Yield the results of chunks as they are done.

        Raises:
            PlotError: The scheduler went away and did not come back, or its workers lack this version of PLoT.
        """
        left: deque[Chunk] = deque()
        if self._address is None:
            yield from _Work(self._own_client(), chunks, left).results()
            return
        while True:
            client, self._first = self._first or _connected(self._address, self._patience), None
            try:
                yield from _Work(client, chunks, left).results()
                return
            except _LostSchedulerError:
                continue
            finally:
                with suppress(*LEFT):
                    client.close(timeout=BETWEEN)


@contextmanager
def _own_workers(jobs: int) -> Iterator[Any]:
    """Start worker processes of one thread each, which talk to this process alone: over TLS, with keys made for it."""
    security = distributed.Security.temporary()
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": ALLOWED_DEATHS, **QUIET}),
        distributed.LocalCluster(
            n_workers=jobs,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address=None,
            security=security,
            silence_logs=logging.CRITICAL,
        ) as cluster,
        distributed.Client(cluster, security=security, set_as_default=False) as client,
    ):
        yield client


def _connected(address: str, patience: float) -> Any:
    """Return a client of a scheduler. Raises PlotError where it can't be reached."""
    _check_encryption(address)
    ends = time.monotonic() + patience
    while True:
        try:
            return distributed.Client(address, set_as_default=False, timeout=FIRST_PATIENCE / 4)
        except (ValueError, TypeError) as error:
            hint = "the address of a Dask scheduler is like tcp://host:8786, or tls://host:8786"
            raise PlotError(f"'{address}' is not an address: {error}", hint=hint) from None
        except LEFT as error:
            if time.monotonic() > ends:
                hint = "start it with `dask scheduler`; what was done is kept, and the same command goes on"
                said = str(error).partition("\n")[0] or type(error).__name__
                raise PlotError(f"no scheduler can be reached at {address}: {said}", hint=hint) from None
        time.sleep(BETWEEN)


def _check_encryption(address: str) -> None:
    """Raise PlotError where Dask's settings have no certificates for an address, or forbid what has none."""
    hint = "set CA_FILE, CLIENT__CERT and CLIENT__KEY in DASK_DISTRIBUTED__COMM__TLS__…: see docs/cluster.md"
    try:
        security = distributed.Security()
        certified = security.get_connection_args("client")["ssl_context"] is not None
    except (OSError, ValueError) as error:
        raise PlotError(f"the certificates of Dask's settings can't be read: {error}", hint=hint) from None
    if address.startswith("tls://") and not certified:
        raise PlotError(f"no certificate is known for TLS with {address}", hint=hint)
    if security.require_encryption and not address.startswith("tls://"):
        raise PlotError(f"Dask's settings require TLS, and {address} has none", hint="give tls://…")


def _workers(client: Any) -> int:
    return len(client.nthreads())


@dataclass
class _Work:
    """Chunks at the workers of one client; what is not done yet is put back in `left` when the scheduler goes."""

    client: Any
    chunks: Iterator[Chunk]
    left: deque[Chunk]
    begun: dict[Any, Chunk] = field(default_factory=dict)
    counted: float = -COUNT_EVERY
    most: int = 0

    def results(self) -> Iterator[list[Result]]:
        """Yield the results of chunks as they are done. Raises _LostSchedulerError where the scheduler has gone."""
        try:
            self._begin()
            while self.begun:
                with self.client.as_current():
                    done = distributed.wait(list(self.begun), return_when="FIRST_COMPLETED").done
                for future in done:
                    found = self._result(future)
                    if found:
                        yield found
                self._begin()
        except LEFT:
            raise _LostSchedulerError from None
        finally:
            self.left.extend(self.begun.values())
            with suppress(*LEFT):
                self.client.cancel(list(self.begun), asynchronous=False)

    def _begin(self) -> None:
        """Hand chunks to the scheduler, as many as its workers have use for."""
        if time.monotonic() - self.counted > COUNT_EVERY:
            self.counted, self.most = time.monotonic(), AHEAD * max(1, _workers(self.client))
        while len(self.begun) < self.most:
            chunk = self.left.popleft() if self.left else next(self.chunks, None)
            if chunk is None:
                return
            try:
                self.begun[self.client.submit(answer_chunk, chunk, pure=False)] = chunk
            except LEFT:
                self.left.append(chunk)
                raise

    def _result(self, future: Any) -> list[Result]:
        """Return the results of a chunk; where it killed its workers, ask its vignettes one by one."""
        if future.status in ("cancelled", "lost"):
            raise CancelledError
        error = future.exception() if future.status == "error" else None
        found: list[Result] = future.result() if error is None else []
        chunk = self.begun.pop(future)
        if error is None:
            return found
        if not isinstance(error, distributed.scheduler.KilledWorker):
            hint = "workers need this version of PLoT: pip install it where they run"
            raise error if isinstance(error, PlotError) else PlotError(f"a worker failed: {error}", hint=hint)
        if len(chunk["tasks"]) > 1:
            self.left.extend(Chunk(**{**chunk, "tasks": [task]}) for task in chunk["tasks"])
            return []
        return [_given_up(chunk, error.allowed_failures + 1)]


def _given_up(chunk: Chunk, deaths: int) -> Result:
    """Return the result of a vignette whose workers died."""
    (task,) = chunk["tasks"]
    why = f"{deaths} worker processes died while answering this; it may need more memory than they have"
    rows = rows_without_answer(task["id"], task["named"], task["questions"], why, status=FAILED, key=task["key"])
    return Result(key=task["key"], rows=rows, seconds=0.0, worker="")


def _check_installed() -> None:
    """Raise PlotError where Dask is missing; keep its log from the terminal, since what it tells is handled."""
    try:
        _ = distributed.Client, dask.config
    except ImportError:
        raise PlotError("several processes need Dask distributed", hint="pip install 'plot-ppl[cluster]'") from None
    logging.getLogger("distributed").setLevel(logging.CRITICAL)


__all__ = ["DaskCluster"]

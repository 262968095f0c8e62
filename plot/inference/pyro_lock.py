"""Mutual exclusion for Pyro's own algorithms, which share torch's default generator, Pyro's handlers and its store.

All these belong to the process. A run of ours touches none of them, so that it need not wait for an algorithm of Pyro's
in another thread, nor is disturbed by it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock

from plot._lazy import torch
from plot.runtime.sites.randomness import Stream

_turn = RLock()


@contextmanager
def exclusively(stream: Stream) -> Iterator[None]:
    """Let an algorithm of Pyro's run while no other does, its random numbers from a stream; torch's stay as they were.

    >>> before = torch.get_rng_state()
    >>> with exclusively(Stream(1)):
    ...     _ = torch.rand(3)
    >>> torch.equal(torch.get_rng_state(), before)
    True
    """
    shared = [torch.default_generator]
    if torch.get_default_device().type == "cuda":
        shared.append(torch.cuda.default_generators[torch.cuda.current_device()])
    with _turn:
        before = [generator.get_state() for generator in shared]
        try:
            for generator in shared:
                generator.set_state(stream.on(generator.device).get_state())
            yield
            for generator in shared:
                stream.on(generator.device).set_state(generator.get_state())
        finally:
            for generator, state in zip(shared, before, strict=True):
                generator.set_state(state)


__all__ = ["exclusively"]

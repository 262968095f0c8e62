"""Many conversations in one process, and in processes of each kind: each gives the digits that it gives alone."""

from __future__ import annotations

import ast
import asyncio
import functools
import os
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pyro
import pytest
import torch

import plot
from plot.conversation import World
from plot.inference.device import Threads, one_thread
from plot.language import Budget, parse
from plot.process import deep_stack
from plot.runtime import RunPlan, run
from plot.runtime.sites.randomness import Stream
from plot.runtime.values.values import unbatch
from tests.support.talks import METHODS, WORLDS, Alone, Talk, in_turns, together

SHORT = WORLDS[0]


@functools.cache
def alone(talk: Talk | Alone) -> str:
    """Return the digits of a conversation without others."""
    return talk.digits()


def of_short() -> str:
    """Return the digits of a short conversation, in a process that begins with it."""
    return SHORT.digits()


@pytest.fixture
def ever_switching() -> Iterator[None]:
    """Let Python go from thread to thread all the time."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-4)
    yield
    sys.setswitchinterval(before)


def test_eight_worlds_in_eight_threads(ever_switching: None) -> None:
    assert len(WORLDS) == len({talk.world for talk in WORLDS}) == 8
    assert together(WORLDS) == [alone(talk) for talk in WORLDS]


def test_every_method_in_turns_with_the_others() -> None:
    assert in_turns([talk.digits for talk in METHODS]) == [alone(talk) for talk in METHODS]


def test_one_generator_for_all_streams_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    talks = METHODS[1:3]
    expected = [alone(talk) for talk in talks]

    def shared(self: Stream, seed: int) -> None:
        self._generators = {"cpu": torch.default_generator.manual_seed(seed)}

    monkeypatch.setattr(Stream, "__init__", shared)
    monkeypatch.setattr(Stream, "copy", lambda self: self)
    assert in_turns([talk.digits for talk in talks]) != expected


def test_a_foreign_handler_of_pyro_and_foreign_seeds_change_nothing() -> None:
    expected, stop = alone(SHORT), threading.Event()

    def disturb() -> None:
        while not stop.is_set():
            torch.manual_seed(1)
            with pyro.poutine.trace(), pyro.poutine.condition(data={"strength(mary)": torch.tensor(1.0)}):
                torch.rand(10)

    thread = threading.Thread(target=disturb)
    thread.start()
    try:
        assert SHORT.digits() == expected
    finally:
        stop.set()
        thread.join()


@pytest.mark.parametrize("talk", [*METHODS, WORLDS[1]], ids=str)
def test_the_default_type_of_torchs_numbers_changes_nothing(talk: Talk | Alone) -> None:
    expected, before = alone(talk), torch.get_default_dtype()
    torch.set_default_dtype(torch.bfloat16)  # of so few digits that one number of this type would be noticed
    try:
        assert talk.digits() == expected
    finally:
        torch.set_default_dtype(before)


def test_tensors_are_made_with_an_explicit_type_of_numbers() -> None:
    """What is made without one has the default type of the process, which another thread may change meanwhile."""
    defaulting = {"zeros", "ones", "empty", "eye", "rand", "randn", "linspace", "logspace"}
    found = []
    for path in sorted(Path(plot.__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in defaulting:
                of_torch = isinstance(node.func.value, ast.Name) and node.func.value.id == "torch"
                if of_torch and not any(keyword.arg == "dtype" for keyword in node.keywords):
                    found.append(f"{path.name}:{node.lineno}")
    assert not found


def test_asyncio_threads() -> None:
    async def all_of_them() -> list[str]:
        return await asyncio.gather(*[asyncio.to_thread(talk.digits) for talk in WORLDS[:4]])

    assert asyncio.run(all_of_them()) == [alone(talk) for talk in WORLDS[:4]]


@pytest.mark.parametrize("kind", ["spawn", "forkserver"])
def test_other_processes(kind: str) -> None:
    with ProcessPoolExecutor(1, mp_context=get_context(kind)) as pool:
        assert pool.submit(of_short).result() == alone(SHORT)


def test_the_order_of_pythons_sets_changes_nothing() -> None:
    """Python hashes texts in each process by other numbers, of which the order of a set of names is made."""
    code = "from tests.support.talks import METHODS; print(METHODS[2].digits())"
    seed = "2" if os.environ.get("PYTHONHASHSEED") == "1" else "1"
    found = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, text=True
    )
    assert found.stdout.strip() == alone(METHODS[2]), found.stderr


# -- what belongs to the process is as it was ----------------------------------------------------------------


def test_the_process_is_left_as_it_was() -> None:
    def settings() -> tuple[object, ...]:
        handlers = list(pyro.poutine.runtime._PYRO_STACK)
        return torch.get_num_threads(), sys.getrecursionlimit(), list(warnings.filters), handlers

    before, random = settings(), torch.get_rng_state()
    together(WORLDS[:3])
    assert settings() == before
    assert torch.equal(torch.get_rng_state(), random)


def test_deep_calls_while_other_threads_read_programs(ever_switching: None) -> None:
    deep = parse("def f(n):\n    return 0 if n <= 0 else 1 + f(n - 1)\nquery(f(150))")
    model = World.load("kinship").model

    def call() -> str:
        return repr({unbatch(run(deep, 1, RunPlan(budget=Budget(depth=200))).queries[0], 0) for _ in range(10)})

    def read() -> str:
        return repr({len(parse(model).body) for _ in range(10)})

    expected = [call(), read(), call(), read()]
    found: list[str] = [""] * 4

    def keep(number: int) -> None:
        found[number] = (call, read)[number % 2]()

    threads = [threading.Thread(target=keep, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == expected


def test_the_last_one_puts_back_the_depth_of_calls() -> None:
    before = sys.getrecursionlimit()
    one, other = deep_stack(before + 10), deep_stack(before + 20)
    one.__enter__()
    other.__enter__()
    one.__exit__(None, None, None)
    assert sys.getrecursionlimit() == before + 20
    other.__exit__(None, None, None)
    assert sys.getrecursionlimit() == before


def test_a_thread_that_begins_while_others_compute_gives_torch_its_threads_back() -> None:
    before, threads, found = torch.get_num_threads(), Threads(), []
    inside, go = threading.Event(), threading.Event()

    def other() -> None:
        threads.take()
        found.append(torch.get_num_threads())
        inside.set()
        go.wait()
        threads.give_back()
        found.append(torch.get_num_threads())

    torch.set_num_threads(3)
    try:
        threads.take()
        thread = threading.Thread(target=other)
        thread.start()
        inside.wait()
        threads.give_back()
        found.append(torch.get_num_threads())
        go.set()
        thread.join()
    finally:
        torch.set_num_threads(before)
    assert found == [1, 3, 3]


def test_one_thread_within_another() -> None:
    before = torch.get_num_threads()
    try:
        with one_thread():
            torch.set_num_threads(2)
            with one_thread():
                assert torch.get_num_threads() == 1
            assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)

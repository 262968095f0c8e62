"""What `plot/compat/torch.py` relies on."""

from __future__ import annotations

import math
import subprocess
import sys

import pytest
import torch

from plot.compat import torch as compat
from plot.compat.torch import dirichlets, dispatch_mode, gammas, is_in_place, is_view, is_written, valueless
from tests.compat import relies_on
from tests.support.tolerances import Z

N = 20_000


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_gammas_by_a_generator() -> None:
    with relies_on("torch", "gamma draws that a generator determines"):
        one, again = (gammas(torch.full((N,), 2.5, dtype=torch.float64), generator()) for _ in range(2))
        assert torch.equal(one, again)
        assert abs(float(one.mean()) - 2.5) < Z * math.sqrt(2.5 / N)
        assert not torch.equal(one, gammas(torch.full((N,), 2.5, dtype=torch.float64), generator(1)))


def test_dirichlets_by_a_generator() -> None:
    with relies_on("torch", "Dirichlet draws that a generator determines"):
        one, again = (dirichlets(torch.tensor([1.0, 3.0]).expand(N, 2), generator()) for _ in range(2))
        assert torch.equal(one, again) and one.shape == (N, 2)
        assert abs(float(one[:, 0].mean()) - 0.25) < Z * math.sqrt(0.25 * 0.75 / 5 / N)


def test_a_tensor_without_a_value() -> None:
    class Kind(torch.Tensor):
        """A tensor of another class."""

    with relies_on("torch", "tensors of a subclass that are made without its constructor"):
        found = valueless(Kind)
        assert type(found) is Kind and found.shape == () and found.dtype == torch.float64


def test_views() -> None:
    with relies_on("torch", "tensors that say whether they are views"):
        whole = torch.zeros(4)
        assert is_view(whole[1:]) and is_view(whole.reshape(2, 2)) and not is_view(whole) and not is_view(whole + 1)


def test_arguments_that_are_written() -> None:
    with relies_on("torch", "schemas of operations that say what is changed in place"):
        assert list(is_written(torch.ops.aten.add_.Tensor))[:2] == [True, False]
        assert not any(is_written(torch.ops.aten.add.Tensor))
        assert is_in_place(torch.ops.aten.add_.Tensor) and not is_in_place(torch.ops.aten.add.Tensor)


def test_operations_reach_a_dispatch_mode() -> None:
    seen = []

    class Seeing(dispatch_mode()):  # type: ignore[misc]
        """Keeps the names of operations."""

        def __torch_dispatch__(self, func, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
            seen.append(func)
            return func(*args, **(kwargs or {}))

    with relies_on("torch", "a dispatch mode that gets each operation"):
        with Seeing():
            torch.ones(2).add_(1).sum()
        assert torch.ops.aten.add_.Tensor in seen and torch.ops.aten.sum.default in seen


def test_a_dispatch_mode_does_not_load_the_compiler() -> None:
    code = (
        "import sys, torch\nfrom plot.compat.torch import dispatch_mode\n"
        "class Seeing(dispatch_mode()):\n"
        "    def __torch_dispatch__(self, func, types, args=(), kwargs=None):\n"
        "        return func(*args, **(kwargs or {}))\n"
        "with Seeing():\n    torch.ones(2) + 1\n"
        "print('torch._dynamo.convert_frame' in sys.modules)\n"
    )
    with relies_on("torch", "a dispatch mode may opt out of its compiler"):
        assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"


def test_what_is_missing_is_told_with_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    class Newer:
        """A torch without the function."""

    monkeypatch.setattr(compat, "torch", Newer())
    with pytest.raises(AssertionError, match=r"^torch [\d.+a-z]+ does not do what PLoT relies on: .*AttributeError"):
        test_gammas_by_a_generator()

"""One thread for torch while tests run: their tensors are small, and threads only wait for each other."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from plot.inference import device


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    with device.one_thread():
        yield

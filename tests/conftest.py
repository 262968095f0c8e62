"""One thread for torch while tests run: their tensors are small, and threads only wait for each other."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from plot.inference import device

os.environ.setdefault("OMP_NUM_THREADS", "1")  # for the processes that tests start


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    with device.one_thread():
        yield


OPENAIS = ("API_KEY", "ADMIN_KEY", "ORG_ID", "PROJECT_ID", "BASE_URL", "CUSTOM_HEADERS", "LOG", "WEBHOOK_SECRET")
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")


@pytest.fixture
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache and a configuration of the test's own, in an empty folder; nothing of OpenAI from outside."""
    monkeypatch.setenv("PLOT_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("PLOT_CONFIG_DIR", str(tmp_path / "config"))
    for name in (*(f"OPENAI_{name}" for name in OPENAIS), *PROXIES, "PLOT_MODEL", "PLOT_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    return tmp_path


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Endpoints that fail are tried again at once."""
    monkeypatch.setattr("plot.llm.failures.FIRST_WAIT", 0.01)
    monkeypatch.setattr("plot.llm.failures.LONGEST_WAIT", 0.01)

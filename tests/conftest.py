"""What holds for all tests: torch has one thread, the engine's clock runs slowly, long tests are a tier apart."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from plot.inference import device
from tests.support.clock import Clock, engine_on

CLOCK_RATE = 0.05  # so that the ten seconds of a goal are enough on a machine that is twenty times as slow
FULL_TESTS = "PLOT_FULL_TESTS"  # tests/support/sizes.py reads it, when test files are imported
os.environ.setdefault("OMP_NUM_THREADS", "1")  # for the processes that tests start
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    with device.one_thread():
        yield


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--clock-rate",
        type=float,
        default=CLOCK_RATE,
        help="how fast the engine's clock runs: with 3 each budget of seconds is a third",
    )
    parser.addoption("--full", action="store_true", help="run what takes long as well, with thousands of programs")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--full"):
        os.environ[FULL_TESTS] = "1"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--full"):
        return
    left_out = [item for item in items if item.get_closest_marker("full")]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in set(left_out)]


@pytest.fixture(scope="session", autouse=True)
def patient(request: pytest.FixtureRequest) -> Iterator[None]:
    """The engine's clock runs slowly: seconds are a safety net, and nothing in tests depends on them."""
    with engine_on(Clock(rate=request.config.getoption("--clock-rate"))):
        yield


@pytest.fixture
def real_time() -> Iterator[None]:
    """The engine's clock is the machine's, for what no other budget would end."""
    with engine_on(Clock()):
        yield


@pytest.fixture
def ticking() -> Iterator[Clock]:
    """The engine's clock goes on by a thousandth of a second whenever it is read, and not otherwise."""
    with engine_on(Clock(rate=0.0, tick=0.001)) as clock:
        yield clock


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

"""The example that goes from ten sentences to a script: run whole, its figures agree."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.tolerances import agrees

SCRIPT = Path(__file__).resolve().parents[2] / "examples" / "two_minutes.sh"


@pytest.mark.slow
@pytest.mark.full
def test_ten_sentences_become_a_world_and_a_script_that_agrees() -> None:
    settings = {**os.environ, "PLOT": f"{sys.executable} -m plot", "PYTHON": sys.executable}
    done = subprocess.run(["bash", SCRIPT], capture_output=True, text=True, check=True, env=settings, timeout=600)
    assert "flumpy" in done.stderr
    parts = dict(part.split("\n", 1) for part in done.stdout.split("-- ")[1:])
    assert list(parts) == re.findall(r'^echo "-- (.*)"$', SCRIPT.read_text(encoding="utf-8"), re.MULTILINE)
    seen, edited = (
        float(re.search(r"([\d.]+)%", parts[name])[1]) / 100  # type: ignore[index]
        for name in parts
        if name.startswith(("seeing", "one sentence"))
    )
    assert edited > seen + 0.2
    share = float(re.search(r"True: ([\d.]+)", parts["a script without PLoT agrees"])[1])  # type: ignore[index]
    assert agrees(share, seen, 0.005)
    assert all("understood as" in text for name, text in parts.items() if name.startswith(("seeing", "doing", "imag")))

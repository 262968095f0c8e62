"""Modules that are imported when first used, and what the garbage collector sees of them."""

from __future__ import annotations

import subprocess
import sys

import pytest

from plot._lazy import late

STATE = "print(gc.isenabled(), gc.get_freeze_count() > 0)"


def python(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        (f"import gc; from plot._lazy import np; {STATE}", "True False"),
        (f"import gc; from plot._lazy import np; np.pi; {STATE}", "True True"),
        (f"import gc, numpy; from plot._lazy import np; np.pi; {STATE}", "True False"),
        (f"import gc; gc.disable(); from plot._lazy import np; np.pi; {STATE}", "False True"),
    ],
    ids=["not used", "used", "imported before", "disabled"],
)
def test_what_a_late_library_is_made_of_is_not_collected(code: str, shown: str) -> None:
    assert python(code) == shown


def test_a_late_module_is_imported_when_it_is_used() -> None:
    shown = "'plot.text' in sys.modules"
    code = f"import sys; from plot._lazy import late; v = late('plot.text'); print({shown}); v.clean; print({shown})"
    assert python(code).split() == ["False", "True"]


def test_what_is_not_there_is_an_error_when_it_is_used() -> None:
    with pytest.raises(ModuleNotFoundError, match="no_such"):
        _ = late("plot.no_such").thing
    with pytest.raises(AttributeError, match="no_such"):
        _ = late("plot.text").no_such

"""Programs as readable scripts that run without PLoT."""

from __future__ import annotations

from plot.export.python import python_script

__all__ = ["python_script"]

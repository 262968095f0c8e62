"""The command line: options in, answer out."""

from __future__ import annotations

from plot.cli.app import main

__all__ = ["main"]

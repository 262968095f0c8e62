"""The command line."""

from __future__ import annotations

from plot.cli.app import main

__all__ = ["main"]

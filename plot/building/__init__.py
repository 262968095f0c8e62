"""Worlds built from descriptions in controlled English."""

from __future__ import annotations

from plot.building.build import build_world

__all__ = ["build_world"]

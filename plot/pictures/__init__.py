"""Pictures of an answer: sampled worlds, as the world's file specifies, or a chart."""

from __future__ import annotations

from plot.pictures.files import check_target
from plot.pictures.painter import PictureSource, Rendered, paint

__all__ = ["PictureSource", "Rendered", "check_target", "paint"]

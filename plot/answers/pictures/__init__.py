"""Pictures of an answer: the worlds that were sampled, as the world's file asks, or else a chart of the answer."""

from __future__ import annotations

from plot.answers.pictures.files import check_target
from plot.answers.pictures.painter import PictureSource, Rendered, paint

__all__ = ["PictureSource", "Rendered", "check_target", "paint"]

"""Many questions at once: vignettes become a tidy table, here, with any executor, or on a cluster."""

from __future__ import annotations

from plot.batch.answering import Row
from plot.batch.running import Summary, answer_all, answer_file

__all__ = ["Row", "Summary", "answer_all", "answer_file"]

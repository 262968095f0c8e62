"""How much slow tests do: a part of it by default, all of it with PLOT_FULL_TESTS=1 in the environment."""

from __future__ import annotations

import os

FULL = os.environ.get("PLOT_FULL_TESTS") == "1"

"""`python -m plot` is `plot`."""

from __future__ import annotations

from plot.cli import main

if __name__ == "__main__":
    main(prog_name="plot")

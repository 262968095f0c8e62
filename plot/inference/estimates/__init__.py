"""Estimates from particles: columns, tallies, summaries, their errors, and whether they may be reported."""

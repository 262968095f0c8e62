"""Exact inference: finite programs by contraction, variable elimination and enumeration."""

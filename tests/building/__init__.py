"""Worlds built from descriptions."""

"""Readings of several translators pooled by meaning, and what weighs them."""

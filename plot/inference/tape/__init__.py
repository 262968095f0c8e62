"""Recorded computations that are evaluated again with other values."""

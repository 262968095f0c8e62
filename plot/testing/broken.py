"""What laws raise: a test fails by it, and says with which input."""

from __future__ import annotations


class BrokenLaw(AssertionError):
    """A law that a translator or a method does not keep, with the input that shows it."""


__all__ = ["BrokenLaw"]

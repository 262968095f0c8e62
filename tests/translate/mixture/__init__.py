"""Tests of the mixture."""

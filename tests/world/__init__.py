"""Tests of worlds and their files."""

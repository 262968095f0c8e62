"""The joint posterior over readings, and its worlds."""

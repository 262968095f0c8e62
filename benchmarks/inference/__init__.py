"""Inference measured: the same problems for PLoT, for code written by hand and for other libraries, in one table."""

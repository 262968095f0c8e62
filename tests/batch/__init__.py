"""Batches: files of vignettes, tables, executors, clusters."""

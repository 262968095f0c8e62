"""Ensembles that the benchmark of mixtures has not justified: they can be named, and `--help` leaves them out."""

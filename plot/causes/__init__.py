"""Causes: the causal graph of a program, what follows from it alone, and effects with their figures."""

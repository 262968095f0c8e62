"""Forty reasoning tasks with numeric answers, and a scorer: what a language model gains by asking PLoT."""

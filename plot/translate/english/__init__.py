"""English: words, a grammar of constructions, and meanings that are put together along it."""

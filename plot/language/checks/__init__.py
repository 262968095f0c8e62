"""The checker: names, kinds, scopes, calls, randomness."""

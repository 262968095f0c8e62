"""Replies to prompts, written by hand by reading them as a model would, and replayed by the hash of what was asked."""

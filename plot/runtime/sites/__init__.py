"""Sample sites: random streams, samplers, replay, collapsed sites, and the state of a batch."""

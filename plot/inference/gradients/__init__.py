"""A log density with gradients, in unconstrained coordinates."""

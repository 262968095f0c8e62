"""The evaluator: statements and expressions over all particles at once, as one Pyro model."""

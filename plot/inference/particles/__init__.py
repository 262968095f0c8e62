"""Particle populations: proposals, moves, annealing, and bridging between distributions."""

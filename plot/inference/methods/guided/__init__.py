"""Importance sampling with a learned proposal for discrete choices."""

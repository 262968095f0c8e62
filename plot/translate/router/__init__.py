"""Routers: which world a conversation is about, with gates, experts, and the load that they get."""

from __future__ import annotations

from plot.translate.router.asked import Asked
from plot.translate.router.base import Reason, Router, Routing, pooled, weighed
from plot.translate.router.blind import Hashed, Random
from plot.translate.router.domains import Domain, domain_of, domains_of
from plot.translate.router.experts import Expert, shared
from plot.translate.router.gates import Gate, dense, top_1, top_k
from plot.translate.router.learned import Learned
from plot.translate.router.load import Capacity, Load
from plot.translate.router.neighbours import Neighbours

__all__ = [
    "Asked",
    "Capacity",
    "Domain",
    "Expert",
    "Gate",
    "Hashed",
    "Learned",
    "Load",
    "Neighbours",
    "Random",
    "Reason",
    "Router",
    "Routing",
    "dense",
    "domain_of",
    "domains_of",
    "pooled",
    "shared",
    "top_1",
    "top_k",
    "weighed",
]

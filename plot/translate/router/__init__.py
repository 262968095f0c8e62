"""Routers: the world of a conversation; gates, experts and load balance."""

from __future__ import annotations

from plot.translate.router.asked import Asked
from plot.translate.router.base import Reason, Router, Routing
from plot.translate.router.base import pooled as pooled
from plot.translate.router.base import weighed as weighed
from plot.translate.router.baselines import Hashed as Hashed
from plot.translate.router.baselines import Random as Random
from plot.translate.router.domains import Domain as Domain
from plot.translate.router.domains import domain_of as domain_of
from plot.translate.router.domains import domains_of as domains_of
from plot.translate.router.experts import Expert, shared
from plot.translate.router.gates import Gate, dense, top_1, top_k
from plot.translate.router.learned import Learned
from plot.translate.router.load_balance import Capacity, Load
from plot.translate.router.neighbours import Neighbours as Neighbours

__all__ = [
    "Asked",
    "Capacity",
    "Expert",
    "Gate",
    "Learned",
    "Load",
    "Reason",
    "Router",
    "Routing",
    "dense",
    "shared",
    "top_1",
    "top_k",
]

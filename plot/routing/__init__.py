"""Routers: the world of a conversation; gates, experts and load balance."""

from __future__ import annotations

from plot.routing.asked import Asked
from plot.routing.base import Router, Routing, RoutingReason
from plot.routing.base import pooled as pooled
from plot.routing.base import weighed as weighed
from plot.routing.baselines import Hashed as Hashed
from plot.routing.baselines import Random as Random
from plot.routing.domains import Domain as Domain
from plot.routing.domains import domain_of as domain_of
from plot.routing.domains import domains_of as domains_of
from plot.routing.experts import Expert, shared
from plot.routing.learned import Learned
from plot.routing.neighbours import Neighbours as Neighbours
from plot.translate.mixture.pooling.gates import Gate, dense, top_1, top_k
from plot.translate.mixture.pooling.load_balance import Capacity, Load

__all__ = [
    "Asked",
    "Capacity",
    "Expert",
    "Gate",
    "Learned",
    "Load",
    "Router",
    "Routing",
    "RoutingReason",
    "dense",
    "shared",
    "top_1",
    "top_k",
]

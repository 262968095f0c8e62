"""Domain discovery: statements in balanced clusters, an expert for each, and a gate (c-BTM)."""

from __future__ import annotations

from plot.routing.discovery.clusters import Clustering, balanced
from plot.routing.discovery.discover import Cluster, ClusterScore, Discovery, discover
from plot.routing.discovery.experts import Experts
from plot.routing.discovery.gate import gated

__all__ = ["Cluster", "ClusterScore", "Clustering", "Discovery", "Experts", "balanced", "discover", "gated"]

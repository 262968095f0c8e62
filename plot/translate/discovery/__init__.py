"""Domain discovery: statements in balanced clusters, an expert for each, and a gate (c-BTM)."""

from __future__ import annotations

from plot.translate.discovery.clusters import Clustering, balanced
from plot.translate.discovery.discover import Cluster, ClusterScore, Discovery, discover
from plot.translate.discovery.experts import Experts
from plot.translate.discovery.gate import gated

__all__ = ["Cluster", "ClusterScore", "Clustering", "Discovery", "Experts", "balanced", "discover", "gated"]

"""Discovery of domains in statements: their number, names, and experts."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from plot._lazy import np
from plot.errors import PlotError
from plot.routing.discovery.clusters import Clustering
from plot.routing.discovery.experts import Experts, contexts
from plot.routing.discovery.gate import gated
from plot.routing.domains import Domain
from plot.routing.normalise import FUNCTION_WORDS, NAME, NUMBER, Normaliser

COUNTS = (1, 2, 3, 4, 6, 8, 10, 12, 16, 24, 32)
LEAST_OF_CLUSTER = 5  # statements; with fewer, no more clusters are tried
TEMPERATURES = (0.05, 0.1, 0.2, 0.4, 0.8)
FOLDS = 4
MOST_MEASURED = 1_500  # statements on which the number of clusters is decided
MOST_STATEMENTS = 20_000
WORDS_OF_NAME, EXAMPLES = 3, 3


@dataclass(frozen=True, slots=True)
class Cluster:
    """One domain: its telling words, the statements nearest its centre, and the places of all its statements."""

    name: str
    words: tuple[str, ...]
    examples: tuple[str, ...]
    places: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ClusterScore:
    """The held-out log score per word (in nats) with so many clusters, with its standard error."""

    clusters: int
    temperature: float
    score: float
    error: float


@dataclass
class Discovery:
    """Domains with their experts and the gate. `curve` is how well each number of clusters predicted what it had not
    seen; it is empty where the number was given."""

    clusters: tuple[Cluster, ...]
    temperature: float
    curve: tuple[ClusterScore, ...]
    labels: tuple[int, ...]
    clustering: Clustering = field(repr=False)
    experts: Experts = field(repr=False)
    plain: Normaliser = field(repr=False)

    def weights(self, text: str, top_k: int | None = None) -> dict[str, float]:
        """Return what the gate gives to each cluster for a text, the heaviest first."""
        (row,) = gated(self.clustering.distances([self.plain.text(text)]), self.temperature, top_k)
        found = {one.name: float(share) for one, share in zip(self.clusters, row, strict=True)}
        return dict(sorted(found.items(), key=lambda item: -item[1]))

    def score(self, statements: Sequence[str], top_k: int | None = None, temperature: float | None = None) -> float:
        """Return the mean log probability of a word (and of ends) in statements, by the ensemble."""
        heat = self.temperature if temperature is None else temperature
        texts = [self.plain.text(said) for said in statements]
        return float(np.concatenate(_scores(self.clustering, self.experts, texts, (heat,), top_k)[heat]).mean())


def discover(
    statements: Sequence[str], clusters: int | None = None, *, temperature: float | None = None, seed: int = 0
) -> Discovery:
    """Return the domains of statements: as many as `clusters` says, or (None) the fewest that predict well.

    Raises PlotError for fewer than two statements, and for more clusters than statements.
    """
    said = [text.strip() for text in statements if text.strip()]
    _check(said, clusters)
    plain = Normaliser.of([Domain("", "", tuple(said))])
    texts = [plain.text(text) for text in said]
    curve = measured(texts, seed) if clusters is None else ()
    best = fewest(curve) if curve else None
    count = clusters if clusters is not None else best.clusters if best is not None else 1
    heat = temperature if temperature is not None else best.temperature if best is not None else 0.1
    clustering = Clustering.of(texts, count, seed)
    labels = tuple(int(label) for label in clustering.labels)
    experts = Experts.of(texts, labels, count)
    found = _named(clustering, said, texts, count)
    return Discovery(found, heat, curve, labels, clustering, experts, plain)


def fewest(curve: Sequence[ClusterScore]) -> ClusterScore:
    """Return the point with the fewest clusters whose score is within one standard error of the best one's.

    >>> scores = [(1, 0.1, -4.0, 0.1), (4, 0.1, -3.05, 0.1), (8, 0.1, -3.0, 0.1)]
    >>> fewest([ClusterScore(*score) for score in scores]).clusters
    4
    """
    best = max(curve, key=lambda point: point.score)
    return min((one for one in curve if one.score >= best.score - best.error), key=lambda one: one.clusters)


def _check(said: Sequence[str], clusters: int | None) -> None:
    if len(said) < 2:
        raise PlotError("nothing to cluster: fewer than two statements", hint="give one statement per line")
    if len(said) > MOST_STATEMENTS:
        raise PlotError(f"these are {len(said):,} statements, more than the {MOST_STATEMENTS:,} that are supported")
    if clusters is not None and not 1 <= clusters <= len(said):
        raise PlotError(f"there can't be {clusters:,} clusters of {len(said):,} statements")


def measured(texts: Sequence[str], seed: int = 0) -> tuple[ClusterScore, ...]:
    """Return for each number of clusters the score of statements that neither clusters nor experts have seen.

    The temperature of each is the best for it. Statements that are the same when made plain are never on both sides.
    """
    rng = np.random.default_rng(seed)
    different = list(dict.fromkeys(texts))
    order = [different[place] for place in rng.permutation(len(different))[:MOST_MEASURED]]
    folds = min(FOLDS, len(order))
    points = []
    for count in COUNTS:
        if folds < 2 or (count > 1 and count * LEAST_OF_CLUSTER > len(order)):
            break
        scores: dict[float, list[Any]] = {heat: [] for heat in TEMPERATURES}
        for fold in range(folds):
            kept = [text for place, text in enumerate(order) if place % folds != fold]
            held = [text for place, text in enumerate(order) if place % folds == fold]
            clustering = Clustering.of(kept, min(count, len(kept)), seed)
            experts = Experts.of(kept, clustering.labels, min(count, len(kept)))
            for heat, rows in _scores(clustering, experts, held, TEMPERATURES).items():
                scores[heat] += rows
        points.append(max((_point(count, heat, rows) for heat, rows in scores.items()), key=lambda one: one.score))
    return tuple(points)


def _point(count: int, heat: float, rows: Sequence[Any]) -> ClusterScore:
    """Return a point of the curve; its error is that of a ratio, since the words of a statement are not independent."""
    sums, sizes = np.array([row.sum() for row in rows]), np.array([len(row) for row in rows])
    score = sums.sum() / sizes.sum()
    spread = sums - score * sizes
    error = math.sqrt(float((spread**2).sum())) / float(sizes.sum())
    return ClusterScore(count, heat, float(score), error)


def _scores(
    clustering: Clustering,
    experts: Experts,
    texts: Sequence[str],
    temperatures: Sequence[float],
    top_k: int | None = None,
) -> dict[float, list[Any]]:
    """Return for each temperature the log probabilities of the words of each text, the gate seeing what came before."""
    before = [contexts(text) for text in texts]
    far = clustering.distances([context for one in before for context in one])
    spoken = experts.logs(texts)
    together = np.concatenate(spoken)
    ends = np.cumsum([len(one) for one in spoken])[:-1]
    found = {}
    for heat in temperatures:
        mixed = np.log((gated(far, heat, top_k) * together).sum(axis=1))
        found[heat] = list(np.split(mixed, ends))
    return found


def _named(clustering: Clustering, said: Sequence[str], texts: Sequence[str], count: int) -> tuple[Cluster, ...]:
    """Return the clusters with their telling words: frequent here, and rare elsewhere (class-based TF-IDF)."""
    of = [[place for place, label in enumerate(clustering.labels) if label == number] for number in range(count)]
    bags = [Counter(word for place in places for word in texts[place].split()) for places in of]
    everywhere = sum(bags, Counter[str]())
    mean = everywhere.total() / count
    far = clustering.distances(texts)
    found: list[Cluster] = []
    for number, (places, bag) in enumerate(zip(of, bags, strict=True)):
        telling = {
            word: n / max(1, bag.total()) * math.log(1 + mean / everywhere[word])
            for word, n in bag.items()
            if word not in FUNCTION_WORDS and word not in (NAME, NUMBER, "'s")
        }
        words = sorted(telling, key=lambda word: (-telling[word], word))
        nearest = sorted(places, key=lambda place: (far[place, number], place))
        examples = tuple(dict.fromkeys(said[place] for place in nearest))[:EXAMPLES]
        name = "-".join(words[:WORDS_OF_NAME]) or f"cluster-{number + 1}"
        if any(one.name == name for one in found):
            name = f"{name}-{number + 1}"
        found.append(Cluster(name, tuple(words[:10]), examples, tuple(places)))
    return tuple(found)


__all__ = ["Cluster", "ClusterScore", "Discovery", "discover", "fewest", "measured"]

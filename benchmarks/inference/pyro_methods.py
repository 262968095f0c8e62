"""Pyro by hand: a plate of particles, Importance trace by trace, NUTS with relaxed conditions, enumerated nets."""

from __future__ import annotations

import itertools
import math

import pyro
import pyro.distributions as dist
import torch
from pyro.infer import MCMC, NUTS, Importance, TraceEnum_ELBO, config_enumerate
from torch import Tensor

from benchmarks.inference.nets import Net, as_net
from benchmarks.inference.tasks import Method, Outcome, Runner, Task
from benchmarks.inference.tournaments import Tournament, as_tournament


def model(tournament: Tournament, particles: int) -> tuple[dict[str, Tensor], Tensor]:
    """Sample the tournament; return the strengths and who meets all matches. One particle: an unbatched trace."""
    shape = (particles,) if particles > 1 else ()
    strength, laziness = {}, {}
    for name in tournament.players:
        strength[name] = pyro.sample(f"strength {name}", dist.Normal(50.0, 20.0).expand(shape))
        laziness[name] = pyro.sample(f"laziness {name}", dist.Uniform(0.0, 1.0).expand(shape))
    accepted = torch.ones(shape, dtype=torch.bool)
    for number, teams in enumerate(tournament.matches):
        pulls = []
        for team in teams:
            total = torch.zeros(shape)
            for name in team:
                lazy = pyro.sample(f"lazy {name} {number}", dist.Bernoulli(laziness[name]))
                total = total + torch.where(lazy > 0, strength[name] / 2, strength[name])
            pulls.append(total)
        accepted = accepted & (pulls[0] > pulls[1])
    return strength, accepted


def summary(strength: dict[str, Tensor], log_evidence: float | None = None) -> Outcome:
    """Return the means of samples of equal weight."""
    names = list(strength)
    estimates = {name: float(strength[name].mean()) for name in names}
    for one, other in itertools.pairwise(names):
        estimates[f"{one}>{other}"] = float((strength[one] > strength[other]).float().mean())
    return Outcome(estimates, log_evidence, draws=strength[names[0]].numel())


def plate(particles: int) -> Method:
    """Return rejection under one plate."""

    def prepare(task: Task) -> Runner:
        tournament = as_tournament(task)

        def run(seed: int) -> Outcome:
            pyro.set_rng_seed(seed)
            with pyro.plate("particles", particles):
                strength, accepted = model(tournament, particles)
            kept = int(accepted.sum())
            if not kept:
                return Outcome({})
            return summary({name: value[accepted] for name, value in strength.items()}, math.log(kept / particles))

        return run

    return Method("Pyro, one plate by hand", f"rejection, {particles:,} particles", prepare)


def per_trace(traces: int) -> Method:
    """Return Pyro's own importance sampler on the unbatched model."""

    def prepare(task: Task) -> Runner:
        tournament = as_tournament(task)

        def conditioned() -> dict[str, Tensor]:
            strength, accepted = model(tournament, 1)
            pyro.factor("matches", torch.where(accepted, 0.0, -torch.inf))
            return strength

        def run(seed: int) -> Outcome:
            pyro.set_rng_seed(seed)
            try:
                found = Importance(conditioned, num_samples=traces).run()
            except ValueError:  # Pyro refuses weights that are all zero
                return Outcome({})
            pairs = zip(found.exec_traces, found.log_weights, strict=True)
            kept = [trace for trace, weight in pairs if float(weight) > -math.inf]
            if not kept:
                return Outcome({})
            values = [trace.nodes["_RETURN"]["value"] for trace in kept]
            strength = {name: torch.stack([value[name] for value in values]) for name in tournament.players}
            return summary(strength, math.log(len(kept) / traces))

        return run

    return Method("Pyro Importance, per trace", f"{traces:,} traces", prepare, turns=6)


class Relaxed:
    """The tournament with flips marginalised and each comparison relaxed to a logistic curve; all matches at once."""

    def __init__(self, tournament: Tournament, width: float) -> None:
        count, seats = len(tournament.matches), 4
        player = torch.zeros(count, seats, dtype=torch.long)
        sign = torch.zeros(count, seats)
        for number, (won, lost) in enumerate(tournament.indexed):
            for seat, who in enumerate(won + lost):
                player[number, seat] = who
                sign[number, seat] = 1.0 if seat < len(won) else -1.0
        lazy = torch.tensor(list(itertools.product((0.0, 1.0), repeat=seats)))
        self.players, self.player, self.sign, self.width = len(tournament.players), player, sign, width
        self.lazy = lazy[:, None, :]
        self.empty = (sign == 0).expand(len(lazy), -1, -1)

    def __call__(self) -> None:
        shape = (self.players,)
        strength = pyro.sample("strength", dist.Normal(50.0, 20.0).expand(shape).to_event(1))
        laziness = pyro.sample("laziness", dist.Uniform(0.0, 1.0).expand(shape).to_event(1))
        pull = strength[self.player] * self.sign * (1 - 0.5 * self.lazy)
        p = laziness[self.player]
        chance = torch.where(self.lazy > 0, p, 1 - p)
        chance = torch.where(self.empty, 0.5, chance)  # an empty seat halves both halves
        won = torch.sigmoid(pull.sum(-1) / self.width)
        pyro.factor("matches", (chance.prod(-1) * won).sum(0).log().sum())


def nuts(samples: int, warmup: int, width: float) -> Method:
    """Return NUTS on the relaxed tournament: its posterior is near the true one, not the same."""

    def prepare(task: Task) -> Runner:
        tournament = as_tournament(task)
        relaxed = Relaxed(tournament, width)

        def run(seed: int) -> Outcome:
            pyro.set_rng_seed(seed)
            kernel = NUTS(relaxed, jit_compile=True, ignore_jit_warnings=True)
            sampler = MCMC(kernel, num_samples=samples, warmup_steps=warmup, disable_progbar=True)
            sampler.run()
            strength = sampler.get_samples()["strength"]
            return summary({name: strength[:, place] for place, name in enumerate(tournament.players)})

        return run

    what = f"flips summed out, sigmoid of width {width:g}, {samples} samples after {warmup}"
    return Method("Pyro NUTS, relaxed", what, prepare, turns=2)


class NetModel:
    """A Bayes net in Pyro, its hidden nodes enumerated in parallel."""

    def __init__(self, net: Net) -> None:
        self.net = net
        self.tables = [torch.tensor(node.chances).reshape((2,) * len(node.parents)) for node in net.nodes]

    def __call__(self) -> None:
        values: dict[int, Tensor] = {}
        for number, node in enumerate(self.net.nodes):
            chance = self.tables[number][tuple(values[parent].long() for parent in node.parents)]
            seen = self.net.seen.get(number)
            observed = None if seen is None else torch.tensor(float(seen))
            values[number] = pyro.sample(f"x{number}", dist.Bernoulli(chance), obs=observed)


def nothing() -> None:
    """Guide nothing: all is enumerated."""


def marginals() -> Method:
    """Return Pyro's enumeration of a net: `compute_marginals` gives those of all hidden nodes."""

    def prepare(task: Task) -> Runner:
        net = as_net(task)
        enumerated = config_enumerate(NetModel(net))

        def run(seed: int) -> Outcome:
            pyro.clear_param_store()
            elbo = TraceEnum_ELBO(max_plate_nesting=0)
            found = elbo.compute_marginals(enumerated, nothing)
            return Outcome({f"x{i}": float(found[f"x{i}"].probs) for i in net.asked})

        return run

    return Method("Pyro compute_marginals", "TraceEnum_ELBO, all hidden nodes", prepare)

"""WebPPL programs made from the problems, run by node, and their answers read back.

Install it anywhere outside the repository, `npm install --prefix /tmp/webppl webppl`, and name its command by the
variable WEBPPL or have it on the PATH. Its process starts again for each run; a short inference warms up the compiler
of JavaScript, and only the second one is timed, inside WebPPL.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.inference.families import QUESTION, as_family
from benchmarks.inference.nets import as_net
from benchmarks.inference.scoring import evidence_of
from benchmarks.inference.tasks import Method, Outcome, Prepare, Runner, Skip, Task
from benchmarks.inference.tournaments import as_tournament

PATIENCE = 120.0  # seconds after which a run counts as one without an answer
FEWEST = 5  # samples below which a rejection sampler is not worth its row

TOURNAMENT = """
var model = function() {
  var strength = mem(function(p) { return gaussian(50, 20); });
  var laziness = mem(function(p) { return uniform(0, 1); });
  var pull = function(p) { return flip(laziness(p)) ? strength(p) / 2 : strength(p); };
  var won = function(a, b) { return sum(map(pull, a)) > sum(map(pull, b)); };
  %s
  return [%s];
};
"""

FAMILY = """
var children = function(n) { return n < 3 ? (flip(0.5) ? n : children(n + 1)) : n; };
var tree = function(depth, place, couple, grand) {
  var me = {place: place, couple: couple, grand: grand, female: flip(0.5)};
  if (!flip(0.5)) { return [me]; }
  var partner = {place: place + 1, couple: -1, grand: -1, female: flip(0.5)};
  var n = depth < 2 ? children(0) : 0;
  var branch = function(i) { return tree(depth + 1, place + 2 + i * (depth === 0 ? 8 : 2), place, couple); };
  return reduce(function(i, people) { return people.concat(branch(i)); }, [me, partner], _.range(n).reverse());
};
var shuffled = function(names) {
  if (names.length === 0) { return []; }
  var first = uniformDraw(names);
  return [first].concat(shuffled(remove(first, names)));
};
var named = function(people, names, found) {
  if (people.length === 0 || names.length === 0) { return found; }
  var hit = flip(Math.min(1, names.length / people.length));
  return hit ? named(people.slice(1), names.slice(1), extend(found, _.fromPairs([[names[0], people[0]]])))
             : named(people.slice(1), names, found);
};
var among = function(a, elder) { return elder >= 0 && (a.place === elder || a.place === elder + 1); };
var model = function() {
  var nobody = {place: -2, couple: -1, grand: -1, female: false};
  var all = ['avery', 'blake', 'charlie', 'dana'];
  var none = {avery: nobody, blake: nobody, charlie: nobody, dana: nobody};
  var who = named(tree(0, 0, -1, -1), shuffled(all), none);
  condition(who.blake.couple >= 0 && who.blake.couple === who.avery.couple && who.blake.female);
  condition(among(who.charlie, who.avery.couple) && !who.charlie.female);
  condition(among(who.charlie, who.dana.grand));
  return [among(who.blake, who.dana.couple) ? 1 : 0];
};
"""

TIMED = """
var once = function(options) {
  var started = _.now();
  var found = Infer(options, model);
  var means = map(function(i) { return expectation(found, function(x) { return x[i]; }); }, _.range(%d));
  return {seconds: (_.now() - started) / 1000, means: means};
};
var cold = once(%s);
console.log(JSON.stringify(once(%s)));
"""


def command() -> str:
    """Return WebPPL's command; Skip where it is not installed."""
    found = os.environ.get("WEBPPL") or shutil.which("webppl")
    if not found:
        raise Skip("WebPPL is not installed: npm install --prefix /tmp/webppl webppl, and set WEBPPL to its command")
    return found


def tournament_model(task: Task) -> tuple[str, list[str]]:
    """Return the model of a tournament and the names of what it returns."""
    tournament = as_tournament(task)
    conditions = [f"condition(won({json.dumps(won)}, {json.dumps(lost)}));" for won, lost in tournament.matches]
    players = tournament.players
    values = [f"strength('{name}')" for name in players]
    values += [f"strength('{a}') > strength('{b}') ? 1 : 0" for a, b in itertools.pairwise(players)]
    return TOURNAMENT % ("\n  ".join(conditions), ", ".join(values)), list(tournament.questions)


def net_model(task: Task) -> tuple[str, list[str]]:
    """Return the model of a Bayes net, each node seen being conditioned on where it is drawn."""
    net = as_net(task)
    if len(net.nodes) > 10:
        raise Skip("WebPPL's enumeration takes nets up to 10 nodes")
    lines = []
    for i, node in enumerate(net.nodes):
        table, place = (
            json.dumps(node.chances),
            " + ".join(
                [f"(x{parent} ? {1 << (len(node.parents) - 1 - k)} : 0)" for k, parent in enumerate(node.parents)]
                or ["0"]
            ),
        )
        lines.append(f"var x{i} = flip({table}[{place}]);")
        if i in net.seen:
            lines.append(f"condition({'' if net.seen[i] else '!'}x{i});")
    values = ", ".join([f"x{i} ? 1 : 0" for i in net.asked])
    body = "\n  ".join([*lines, f"return [{values}];"])
    return f"var model = function() {{\n  {body}\n}};\n", list(net.questions)


def family_model(task: Task) -> tuple[str, list[str]]:
    """Return the model of the family tree."""
    as_family(task)
    return FAMILY, [QUESTION]


def executed(program: str, seed: int) -> dict[str, object] | None:
    """Run a program; return what it printed, None where it took too long or found nothing."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "program.wppl"
        path.write_text(program, encoding="utf-8")
        try:
            done = subprocess.run(
                [command(), str(path), "--random-seed", str(seed)],
                capture_output=True, text=True, timeout=PATIENCE, check=True,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return None
        except subprocess.CalledProcessError as error:
            raise RuntimeError(f"WebPPL failed: {error.stderr[-500:]}") from error
    line = next(line for line in done.stdout.splitlines() if line.startswith("{"))
    found: dict[str, object] = json.loads(line)
    return found


def runner(model: Callable[[Task], tuple[str, list[str]]], options: Callable[[Task], str], warming: str) -> Prepare:
    """Return `prepare` for a way to make the model and the options of `Infer`, first for a short run to warm up."""

    def prepare(task: Task) -> Runner:
        command()
        text, names = model(task)
        program = text + TIMED % (len(names), warming, options(task))

        def run(seed: int) -> Outcome:
            found = executed(program, seed)
            if found is None:
                return Outcome({}, seconds=PATIENCE, notes={"stopped after": PATIENCE})
            means: list[float] = found["means"]  # type: ignore[assignment]
            return Outcome(dict(zip(names, means, strict=True)), seconds=float(found["seconds"]))  # type: ignore[arg-type]

        return run

    return prepare


def rejection_options(tries: int) -> Callable[[Task], str]:
    """Return the options of a rejection sampler that makes about so many tries."""

    def options(task: Task) -> str:
        samples = int(tries * evidence_of(task))
        if samples < FEWEST:
            raise Skip(f"WebPPL's rejection would accept {tries * evidence_of(task):.1g} in {tries:,} tries")
        return f"{{method: 'rejection', samples: {samples}}}"

    return options


def webppl_methods() -> list[Method]:
    """Return the rows of WebPPL."""
    mcmc, smc = "{method: 'MCMC', samples: 20000, burn: 2000}", "{method: 'SMC', particles: 1000, rejuvSteps: 5}"
    few, short = "{method: 'rejection', samples: 2}", "{method: 'MCMC', samples: 1000}"
    small, whole = "{method: 'SMC', particles: 50, rejuvSteps: 5}", "{method: 'enumerate'}"
    named = (
        ("WebPPL rejection", "30,000 tries", tournament_model, rejection_options(30_000), few, 10),
        ("WebPPL MCMC", "single-site, 20,000 steps after 2,000", tournament_model, lambda _: mcmc, short, 10),
        ("WebPPL SMC", "1,000 particles, 5 rejuvenation steps", tournament_model, lambda _: smc, small, 10),
        ("WebPPL rejection, tree", "300,000 tries", family_model, rejection_options(300_000), few, 5),
        ("WebPPL enumerate", "", net_model, lambda _: whole, whole, 3),
    )
    return [
        Method(name, what, runner(model, options, warm), turns) for name, what, model, options, warm, turns in named
    ]

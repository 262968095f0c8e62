"""Nothing hidden: no random number comes from the process's own generators, and modules keep nothing that changes.

Both rules are read off the source. What is allowed all the same has its reason here.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator

import pytest

from tests.test_house import FILES, PACKAGE, TREES

# -- random numbers ------------------------------------------------------------------------------------------

STATE = {"manual_seed", "manual_seed_all", "initial_seed", "get_rng_state", "set_rng_state", "fork_rng"}
STATE |= {"default_generator", "default_generators", "set_rng_seed"}
DRAWS = {"rand", "randn", "randint", "randperm", "rand_like", "randn_like", "randint_like", "multinomial", "bernoulli"}
DRAWS |= {"poisson", "binomial", "_standard_gamma", "_sample_dirichlet", "uniform_", "normal_", "exponential_"}
DRAWS |= {"cauchy_", "geometric_", "log_normal_", "random_", "bernoulli_"}
SAMPLERS = {"sample", "rsample", "sample_n"}
OWN = {"Generator", "Random", "SFC64", "default_rng", "SeedSequence"}  # generators that somebody holds

OF_SCRIPTS = (
    "of exported scripts, which run in processes of their own; the package copies the text and calls none of it"
)
RANDOMNESS = {
    ("export/helpers.py", "rng.randint"): OF_SCRIPTS,
    ("export/helpers.py", "rng.sample"): OF_SCRIPTS,
    ("runtime/sites/randomness.py", "torch.Generator('cpu').manual_seed"): "the generator of a stream",
    ("runtime/sites/randomness.py", "torch.Generator(device).manual_seed"): "the generator of a stream",
    ("runtime/evaluator/sampling.py", "pyro.sample"): "in a Pyro model Pyro draws",
    ("runtime/evaluator/sampling.py", "distribution.sample"): "in a Pyro model Pyro draws",
    ("runtime/sites/discrete_uniform.py", "torch.rand"): "in a Pyro model Pyro draws",
    ("inference/methods/svi.py", "pyro.sample"): "an algorithm of Pyro's, in `alone`",
    ("inference/methods/nuts.py", "self.kernel.sample"): "an algorithm of Pyro's, in `alone`",
    ("inference/pyro_lock.py", "torch.default_generator"): "it is lent to an algorithm of Pyro's, and put back",
    ("inference/pyro_lock.py", "torch.cuda.default_generators"): "it is lent to an algorithm of Pyro's, and put back",
    ("llm/failures.py", "random.uniform"): "how long to wait before the next attempt",
    ("testing/method_laws.py", "dice.randint"): "a random.Random of its own",
    ("testing/method_laws.py", "random.getstate"): "it is read, to see that nobody draws from it",
    ("testing/method_laws.py", "torch.get_rng_state"): "it is changed and put back, to see that nobody draws from it",
    ("testing/method_laws.py", "torch.rand"): "it is changed and put back, to see that nobody draws from it",
    ("testing/method_laws.py", "torch.set_rng_state"): "it is changed and put back, to see that nobody draws from it",
    ("testing/translator_laws.py", "random.getstate"): "it is read, to see that nobody draws from it",
    ("routing/baselines.py", "self._random.sample"): "a random.Random of its own",
}


def shared_randomness(tree: ast.Module) -> Iterator[str]:
    """Yield what draws from, or changes, a generator that nobody was given."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            text = ast.unparse(node)
            if (
                node.attr in STATE
                or text == "torch.seed"
                or (text.startswith(("np.random.", "random.")) and node.attr not in OWN)
            ):
                yield text
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            passed = {keyword.arg for keyword in node.keywords}
            if node.func.attr in SAMPLERS or (node.func.attr in DRAWS and "generator" not in passed):
                yield ast.unparse(node.func)
            if node.func.attr in OWN and not (node.args or node.keywords):
                yield f"{ast.unparse(node.func)} without a seed"


# -- what modules keep ---------------------------------------------------------------------------------------

CHANGES = {"append", "extend", "insert", "pop", "popitem", "remove", "clear", "update", "setdefault", "add", "discard"}
CACHES = {"cache", "lru_cache", "functools.cache", "functools.lru_cache"}
FIXED = {"frozenset", "tuple", "MappingProxyType", "Path", "TypeVar", "late", "exports", "slice", "len", "getattr"}
FIXED |= {"re.compile", "str.maketrans", "math.log", "math.sqrt", "RLock", "Lock", "frozenset[str]"}
FIXED |= {"ContextVar", "Path(__file__).with_name"}  # the first has a value for each thread and task
# Classes whose instances are frozen.
FIXED |= {
    "ArgumentRange",
    "Parameter",
    "ParameterRange",
    "Budget",
    "Span",
    "Difference",
    "Missing",
    "Module",
    "LateMethod",
    "Constant",
}
FIXED |= {"Goal", "Watch", "Stop", "VerbForms", "NounPhrase", "Prior", "When"}

STATE_KEPT = {
    ("export/helpers.py", "asked"): OF_SCRIPTS,
    ("export/helpers.py", "rng"): OF_SCRIPTS,
    ("export/helpers.py", "weight"): OF_SCRIPTS,
    ("process.py", "_depth"): "settings of the process itself, under a lock",
    ("inference/device.py", "_threads"): "a setting of the process itself, under a lock",
    ("inference/device.py", "_here"): "a value for each thread",
    ("inference/methods/exact/variables.py", "NOTHING"): "an empty table that is only read",
    ("runtime/values/values.py", "NAMES"): "names and their hashes, whose order says nothing; under a lock",
    ("runtime/values/values.py", "builtin"): "a cache of frozen values that are compared by name",
    ("runtime/evaluator/frames.py", "_LABELS"): "a cache of what follows from a program, under a lock",
    ("runtime/library/functions.py", "FUNCTIONS"): "filled while the module is imported",
    ("runtime/library/functions.py", "HIGHER_ORDER"): "filled while the module is imported",
    ("language/library/modules.py", "MODULES"): "filled once, in `load_modules`",
    ("language/library/modules.py", "_ENTRIES"): "filled once, in `load_modules`",
    ("language/syntax/nodes.py", "_children_of"): "a cache of functions without state",
    ("_lazy.py", "keep_freed_memory"): "a setting of the C library that may be set again",
    ("_lazy.py", "_trim"): "a function of the C library",
    ("world/lexicon.py", "expression"): "a cache of frozen nodes",
    ("scripts.py", "scripts_of"): "a cache of texts",
    ("records.py", "_fields"): "a cache of what follows from a class",
    ("batch/answering.py", "_world"): "a cache of frozen worlds and their grammars",
    ("translate/english/record.py", "program_of"): "a cache of frozen nodes",
    (
        "translate/english/forest.py",
        "_parser",
    ): "a cache of parsers, which keep nothing of what they parse",
    ("modules/grid.py", "_walked"): "a cache of tensors that are only read",
    ("runtime/evaluator/plates.py", "_PLATES"): "a cache of what follows from a program, under a lock",
    ("runtime/evaluator/expressions.py", "rows_of"): "a cache of what follows from a table, which never changes",
    ("cli/shared/options.py", "DATA"): "the declaration of an option",
    ("cli/shared/options.py", "YES"): "the declaration of an option",
    ("cli/shared/options.py", "SEED"): "the declaration of an option",
    ("cli/shared/options.py", "READINGS"): "the declaration of an option",
    ("cli/shared/options.py", "PICTURE"): "the declaration of an option",
    ("translate/english/closed.py", "CLOSED"): "a table that is only read",
    ("translate/english/closed.py", "_COMMON"): "a table that is only read",
    ("translate/readings.py", "VACUOUS"): "an error that is shown, never raised",
}


def kept_state(tree: ast.Module) -> Iterator[str]:
    """Yield the names of a module whose values functions change, that are caches, or that a call makes."""
    names: set[str] = set()
    for node in tree.body:
        match node:
            case ast.Assign([ast.Name(name)], value) | ast.AnnAssign(ast.Name(name), _, value):
                names.add(name)
                if isinstance(value, ast.Call) and ast.unparse(value.func) not in FIXED:
                    yield name
            case ast.Assign([ast.Tuple(targets)], ast.Tuple(values)):
                for target, value in zip(targets, values, strict=True):
                    if isinstance(value, ast.Call) and ast.unparse(value.func) not in FIXED:
                        yield ast.unparse(target)
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef):
            for decorator in function.decorator_list:
                called = decorator.func if isinstance(decorator, ast.Call) else decorator
                if ast.unparse(called) in CACHES:
                    yield function.name
            yield from _changed(function, names)


def _changed(function: ast.FunctionDef, names: set[str]) -> Iterator[str]:
    own = {node.id for node in ast.walk(function) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    own |= {node.arg for node in ast.walk(function) if isinstance(node, ast.arg)}
    for node in ast.walk(function):
        match node:
            case ast.Global(found):
                yield from found
            case ast.Call(ast.Attribute(ast.Name(name), attribute)) if attribute in CHANGES and name in names - own:
                yield name
            case ast.Subscript(ast.Name(name)) | ast.Attribute(ast.Name(name)) if (
                not isinstance(node.ctx, ast.Load) and name in names - own
            ):
                yield name


def found_in(package: dict[str, ast.Module], what: str) -> set[tuple[str, str]]:
    rule = {"randomness": shared_randomness, "state": kept_state}[what]
    return {(path, name) for path, tree in package.items() for name in rule(tree)}


@functools.cache
def ours() -> dict[str, ast.Module]:
    """Return the syntax trees of the package by path."""
    return {str(path.relative_to(PACKAGE)): TREES[path] for path in FILES}


def test_random_numbers_come_from_a_generator_that_is_passed() -> None:
    assert sorted(found_in(ours(), "randomness") ^ RANDOMNESS.keys()) == []


def test_modules_keep_nothing_that_changes() -> None:
    assert sorted(found_in(ours(), "state") ^ STATE_KEPT.keys()) == []


@pytest.mark.parametrize(
    "text",
    [
        "def f():\n    return torch.rand(3)",
        "def f():\n    return torch.empty(3).uniform_()",
        "def f():\n    torch.manual_seed(1)",
        "def f(d):\n    return d.sample()",
        "def f():\n    return np.random.normal()",
        "def f():\n    return random.choice([1])",
        "def f():\n    return np.random.default_rng()",
        "def f():\n    with torch.random.fork_rng():\n        pass",
    ],
)
def test_shared_randomness_is_found(text: str) -> None:
    assert found_in({"planted.py": ast.parse(text)}, "randomness")
    passed = "def f(g):\n    return torch.rand(3, generator=g)\nR = random.Random(1)\nN = np.random.default_rng(1)"
    assert not found_in({"planted.py": ast.parse(passed)}, "randomness")


@pytest.mark.parametrize(
    "text",
    [
        "SEEN = []\ndef f(x):\n    SEEN.append(x)",
        "SEEN: dict[str, int] = {}\ndef f(x):\n    SEEN[x] = 1",
        "COUNT = 0\ndef f():\n    global COUNT\n    COUNT += 1",
        "LAST = Thing()",
        "@cache\ndef f(x):\n    return [x]",
        "KEPT = {}\nclass C:\n    def f(self):\n        del KEPT[1]",
    ],
)
def test_kept_state_is_found(text: str) -> None:
    assert found_in({"planted.py": ast.parse(text)}, "state")
    fine = "TABLE = {1: 2}\ndef f(x):\n    TABLE = {}\n    TABLE[x] = 1\n    return TABLE"
    assert not found_in({"planted.py": ast.parse(fine)}, "state")

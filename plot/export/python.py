"""Programs as scripts in plain Python: a rejection sampler that needs nothing but the standard library."""

from __future__ import annotations

import inspect
import keyword
import re
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import replace

from plot.errors import PlotError
from plot.export import helpers
from plot.language import LIBRARY, show
from plot.language.library.modules import module_of
from plot.language.syntax.nodes import (
    AttributeExpr,
    Call,
    Condition,
    Constant,
    Do,
    ExprStatement,
    FunctionDef,
    Index,
    Lambda,
    Name,
    NameTarget,
    Node,
    Observe,
    ParameterNode,
    ProgramNode,
    Query,
    walk,
)
from plot.language.syntax.rewriting import rewritten

WANTED, MOST = 10_000, 2_000_000
_INSTEAD = {"zip": "listed_zip", "enumerate": "listed_enumerate", "range": "listed_range"}
_OF_MATH = ("exp", "log", "sqrt", "floor", "ceil")
_TAKEN = {"world", "QUESTIONS", "main", "math", "random", "sys", "Sequence", "Callable", "Any", "list", "dict", "tuple"}
_TAKEN |= {"isinstance", "print", "str", "int", "float", "bool", "map", "object", "Exception", "super", "type"}
_ALWAYS = ("rng", "weight", "asked", "Inconsistent", "sample", "summary")
_DOC = '''"""{title}: a sampler that was generated from a probabilistic program.

It draws worlds, rejects those that contradict what was told, and weighs the others by what was observed.
Run it: python FILE [WORLDS [SEED]]. It needs Python 3.8 or later and nothing else.
"""'''
_MAIN = '''
def main(arguments):
    """Draw worlds, and print what is so in those that are consistent with what was told."""
    wanted = int(arguments[0]) if arguments else {wanted}
    rng.seed(int(arguments[1]) if len(arguments) > 1 else 0)
    weights, answers, drawn = sample(world, wanted, {most})
    print(f"{{len(weights)}} of {{drawn}} worlds are consistent with what was told")
    if len(weights) < {fewest}:
        sys.exit("these are too few: what was told is too improbable for rejection")
    for number, question in enumerate(QUESTIONS):
        found = summary(weights, [answer[number] for answer in answers])
        if "mean" in found:
            figures = ", ".join(f"{{key}} {{found[key]:.6g}}" for key in ("mean", "sd", "error"))
            print(f"{{question}} {{figures}}")
        else:
            print(f"{{question}} (error of a share at most {{found['error']:.2g}})")
            for answer, share in sorted(found["shares"].items(), key=lambda pair: -pair[1]):
                print(f"    {{answer}}: {{share:.6g}}")


if __name__ == "__main__":
    main(sys.argv[1:])
'''
FEWEST = 100  # consistent worlds from which something is told


def python_script(program: ProgramNode, questions: Sequence[str], title: str = "A world") -> str:
    """Return a program as a Python script that samples its posterior by rejection.

    Conditions reject worlds; what is observed with a density weighs those that are left.

    Args:
        program: The program, with a query for each question.
        questions: What each query asks, in words.
        title: What the script is about.

    Raises:
        PlotError: The program intervenes, or calls an engine that is not part of the language.
    """
    _refuse(program)
    names = _names(program)
    body = rewritten(program, lambda node: _changed(node, names))
    code = textwrap.indent(show(body), "    ")
    used = {node.id for node in walk(body) if isinstance(node, Name)}
    used |= {"mem"} if any(isinstance(node, FunctionDef) and node.mem for node in walk(body)) else set()
    math_names = [name for name in _OF_MATH if name in used]
    sources = [_source(name) for name in _needed(used)]
    asked = ",\n    ".join(repr(question) for question in questions)
    imports = "import math\nimport random\nimport sys\nfrom typing import Any, Callable, Sequence"
    imports += f"\nfrom math import {', '.join(math_names)}" if math_names else ""
    head = [_DOC.format(title=title.replace('"', "'")), "from __future__ import annotations", imports]
    world = f'QUESTIONS = [\n    {asked},\n]\n\n\ndef world():\n    """Draw one world."""\n{code.rstrip()}\n'
    main = _MAIN.format(wanted=WANTED, most=MOST, fewest=FEWEST)
    return "\n\n".join(head) + "\n\n" + "\n\n".join(sources) + "\n\n\n" + world + "\n" + main


def _refuse(program: ProgramNode) -> None:
    """Raise PlotError for what a rejection sampler does not do."""
    defined = {node.name for node in program.body if isinstance(node, FunctionDef)}
    for node in walk(program):
        name = node.function.id if isinstance(node, Call) and isinstance(node.function, Name) else ""
        if isinstance(node, Do) or name == "actual":
            hint = "ask about what is so, not about what would be so if it were made otherwise"
            raise PlotError("interventions can't be exported: a rejection sampler draws each world once", hint=hint)
        if name and name not in defined and module_of(name) is not None:
            raise PlotError(f"“{name}” is computed by an engine, which a script does not have", hint="export another")


def _names(program: ProgramNode) -> dict[str, str]:
    """Return new names for those of a program that mean something else in a script."""
    own: set[str] = set()
    for node in walk(program):
        if isinstance(node, NameTarget):
            own.add(node.id)
        elif isinstance(node, Lambda):
            own |= set(node.parameters)
        elif isinstance(node, FunctionDef):
            own |= {node.name, *(parameter.name for parameter in node.parameters)}
    taken = {name for name in own if name in _TAKEN or hasattr(helpers, name) or keyword.iskeyword(name)}
    return {name: f"{name}_" for name in taken if name not in LIBRARY}


def _changed(node: Node, names: dict[str, str]) -> Node | None:
    """Return what stands for a node in a script; None where it is the same."""
    again: Callable[[Node], Node | None] = lambda inner: _changed(inner, names)  # noqa: E731
    if isinstance(node, AttributeExpr):
        return Index(value=rewritten(node.value, again), index=Constant(value=node.name))
    if isinstance(node, Name):
        return Name(id=_INSTEAD.get(node.id) or names.get(node.id, node.id))
    if isinstance(node, NameTarget) and node.id in names:
        return NameTarget(id=names[node.id])
    if isinstance(node, FunctionDef):
        parameters, body = rewritten(node.parameters, again), rewritten(node.body, again)
        return replace(node, name=names.get(node.name, node.name), parameters=parameters, body=body)
    if isinstance(node, Lambda):
        own = tuple(names.get(name, name) for name in node.parameters)
        return Lambda(parameters=own, body=rewritten(node.body, again))
    if isinstance(node, ParameterNode) and node.name in names:
        default = rewritten(node.default, again) if node.default is not None else None
        return ParameterNode(name=names[node.name], default=default)
    if isinstance(node, Condition):
        return ExprStatement(value=Call(function=Name(id="condition"), args=(rewritten(node.test, again),)))
    if isinstance(node, Query):
        append = AttributeExpr(value=Name(id="asked"), name="append")
        return ExprStatement(value=Call(function=append, args=(rewritten(node.value, again),)))
    if isinstance(node, Observe):
        law = node.distribution
        assert isinstance(law.function, Name)
        inner = Call(
            function=Name(id=f"{law.function.id}_density"),
            args=(rewritten(node.value, again), *(rewritten(one, again) for one in law.args)),
            keywords=tuple((name, rewritten(value, again)) for name, value in law.keywords),
        )
        return ExprStatement(value=Call(function=Name(id="observe"), args=(inner,)))
    return None


def _needed(used: set[str]) -> list[str]:
    """Return the helpers that a script needs, in the order in which they stand in their file."""
    text = inspect.getsource(helpers)
    order = re.findall(r"^(?:def|class) (\w+)|^(\w+)(?::| =)", text, re.MULTILINE)
    known = [one or other for one, other in order]
    wanted, pending = set(), [name for name in known if name in used or name in _ALWAYS]
    while pending:
        name = pending.pop()
        wanted.add(name)
        source = _source(name)
        pending += [other for other in known if other not in wanted and re.search(rf"\b{other}\(", source)]
    return [name for name in known if name in wanted]


def _source(name: str) -> str:
    """Return the source of a helper: a class, a function, or a variable with its comment."""
    found = getattr(helpers, name)
    if inspect.isclass(found) or inspect.isfunction(found):
        return inspect.getsource(found).rstrip().replace("  # noqa: B905", "") + "\n"
    line = re.search(rf"^{name}\b.*$", inspect.getsource(helpers), re.MULTILINE)
    assert line is not None
    return line[0].replace("  # noqa: S311", "")


__all__ = ["FEWEST", "python_script"]

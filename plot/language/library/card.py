"""The language card: the language on one page, for people and models, made from the library table."""

from __future__ import annotations

from collections.abc import Iterable

from plot.language.library.library import ACTS, DISTRIBUTIONS, FUNCTIONS, LibraryEntry
from plot.language.library.modules import module_called
from plot.language.syntax.refusals import REFUSED

_SYNTAX = (
    ("definitions", "def f(x, y=2): … return …   lambda x: …   x = …   a, b = xs   x += 1"),
    ("memory", "@mem above a def: the function keeps its value for each argument"),
    (
        "control",
        "if … elif … else   a if test else b   and or not   for x in list: … break … continue   recursion",
    ),
    ("values", 'numbers, True, False, names ("tom"), None, lists [a, b], records {"mass": 2}, functions'),
    (
        "operators",
        "+ - * / // % **   < <= > >= == != in, not in, is None, is not None; lists are joined with +",
    ),
    ("lists", "xs[0]   xs[-1]   xs[1:3]   [f(x) for x in xs if test(x)]"),
    ("records", 'r.mass or r["mass"]'),
)

_RULES = (
    "Programs are written in a small part of Python's syntax. They are never run as Python.",
    "Each call of a distribution draws a new value; what must stay the same for a person is a @mem function.",
    "Any test, bound, index or list may be random.",
    "Values never change: a new list or record is made instead. There are no methods.",
    "Always call a @mem function with the same kind of argument: a name and a list give two different values.",
    "Loops are over lists and ranges. A recursion needs a base case.",
    "Names of people and things are constants in quotes, in lower case.",
    "The names of the library can't be redefined; a function is defined once.",
    "A condition must involve something random. query and do must be at the top level.",
    "No other Python features exist: no methods, no imports, no decorator but @mem, no parameters with *.",
)

# Constructs that no one writes without another that is listed.
_TOO_RARE = frozenset({"FormattedValue", "Interpolation", "Slice", "TemplateStr", "AsyncFor", "AsyncWith"})

EXAMPLE = """\
@mem
def strength(player):
    return normal(50, 20)

def stronger(a, b):
    return strength(a) > strength(b)

players = ["tom", "ann", "bob"]
condition(stronger("tom", "ann"))
observe(normal(strength("bob"), 5), 62)
query(argmax(strength, players))
"""


def card(modules: Iterable[str] = (), *, brief: bool = False) -> str:
    """Return a description of the language as Markdown, the same on every call.

    >>> "- `normal(mean, sd)`" in card()
    True

    Args:
        modules: The modules whose functions it lists too.
        brief: Whether the constructs that are refused, and the example, are left out.
    """
    parts = [
        "# The language",
        _listed(_RULES),
        "## Syntax",
        _listed(f"{name}: `{forms}`" for name, forms in _SYNTAX),
        "## Speech acts",
        _entries(ACTS),
        "## Distributions",
        _entries(DISTRIBUTIONS),
        "## Functions",
        _entries(FUNCTIONS),
        *_of_modules(modules),
    ]
    if not brief:
        parts += ["## Refused", _refused(), "## Example", f"```python\n{EXAMPLE}```"]
    return "\n\n".join(parts) + "\n"


def _listed(lines: Iterable[str]) -> str:
    return "\n".join([f"- {line}" for line in lines])


def _entries(entries: Iterable[LibraryEntry]) -> str:
    return _listed(f"`{entry.signature}`: {entry.doc}" for entry in entries)


def _of_modules(modules: Iterable[str]) -> list[str]:
    parts: list[str] = []
    for module in map(module_called, modules):
        parts += [f"## Functions of the module {module.name}", module.doc, _entries(module.entries.values())]
    return parts


def _refused() -> str:
    """Return each refused construct once, with what is written instead."""
    shown: dict[str, str] = {}
    for construct, (name, hint) in REFUSED.items():
        if construct not in _TOO_RARE:
            shown.setdefault(name.replace("'", "`"), hint)
    return _listed(f"{name}: {hint}" for name, hint in shown.items())

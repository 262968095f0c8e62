"""Refused constructs of Python's syntax, each with a name and an alternative."""

from __future__ import annotations

import ast

_LISTS_DO_NOT_CHANGE = "values never change: make a new one, such as xs + [x] or [f(x) for x in xs]"
_BOUNDED = "loop with for over a list or a range, or let a function call itself"
_GROUPS = "write a list and distinct(…)"
_NO_ERRORS = "programs raise no errors; test for the case with if"
_LOGIC = "write and, or, not for truth values"
_NO_TYPES = "leave out the type: values carry their own kind"

# Every construct of Python that is refused. One that stands in no table is refused by the name of its class.
REFUSED: dict[str, tuple[str, str]] = {
    # statements
    "AnnAssign": ("a type annotation", _NO_TYPES),
    "Assert": ("'assert'", "condition(test) rules out the worlds where test is false"),
    "AsyncFor": ("'async for'", "write for"),
    "AsyncFunctionDef": ("'async def'", "write def"),
    "AsyncWith": ("'async with'", "leave it out"),
    "ClassDef": ("'class'", 'write a record, such as {"mass": 2}, or a function that returns one'),
    "Delete": ("'del'", _LISTS_DO_NOT_CHANGE),
    "Global": ("'global'", "return the new value from the function and assign it where it is called"),
    "Import": ("'import'", "the library is always available; nothing else can be imported"),
    "ImportFrom": ("'import'", "the library is always available; nothing else can be imported"),
    "Match": ("'match'", "write if, elif, else"),
    "Nonlocal": ("'nonlocal'", "return the new value from the function and assign it where it is called"),
    "Raise": ("'raise'", _NO_ERRORS),
    "Try": ("'try'", _NO_ERRORS),
    "TryStar": ("'try'", _NO_ERRORS),
    "TypeAlias": ("'type'", _NO_TYPES),
    "While": ("'while'", _BOUNDED),
    "With": ("'with'", "leave it out"),
    # expressions
    "Await": ("'await'", "leave it out: every call returns its value"),
    "DictComp": ("a dictionary comprehension", "the fields of a record are fixed: write a function instead"),
    "FormattedValue": ("text with values in it", "query the value itself"),
    "JoinedStr": ("text with values in it (f\"…\")", "query the value itself"),
    "Interpolation": ("text with values in it", "query the value itself"),
    "NamedExpr": ("':='", "assign on a line of its own: name = value"),
    "Set": ("a set", _GROUPS),
    "SetComp": ("a set comprehension", "write distinct([… for …])"),
    "Slice": ("a slice", "a slice must be alone in the brackets: xs[1:3]"),
    "Starred": ("'*'", "join lists with +, and pass arguments one by one"),
    "TemplateStr": ("text with values in it (t\"…\")", "query the value itself"),
    "Yield": ("'yield'", "return a list"),
    "YieldFrom": ("'yield'", "return a list"),
    # operators
    "BitAnd": ("'&'", _LOGIC),
    "BitOr": ("'|'", _LOGIC),
    "BitXor": ("'^'", "write ** for powers, and != for one or the other but not both"),
    "Invert": ("'~'", "write not"),
    "LShift": ("'<<'", "multiply by a power of 2"),
    "MatMult": ("'@'", "write sum([a * b for a, b in zip(xs, ys)])"),
    "RShift": ("'>>'", "divide by a power of 2"),
}  # fmt: skip


def refusal(node: ast.AST) -> tuple[str, str | None]:
    """Return the message and the hint for a construct that the language does not have.

    >>> refusal(ast.parse("del x").body[0])[0]
    "'del' is not part of the language"
    """
    kind = type(node).__name__
    name, hint = REFUSED.get(kind, (f"the construct {kind}", None))
    return f"{name} is not part of the language", hint


METHODS = {
    "append": "lists never change; join them with +: xs = xs + [x]",
    "extend": "lists never change; join them with +: xs = xs + ys",
    "insert": "lists never change; join slices with +: xs[:i] + [x] + xs[i:]",
    "remove": "lists never change; keep the others: [y for y in xs if y != x]",
    "pop": "lists never change; xs[-1] is the last item and xs[:-1] are the others",
    "clear": "lists never change; write []",
    "reverse": "write [xs[len(xs) - 1 - i] for i in range(len(xs))]",
    "sort": "write sorted(xs)",
    "index": "write first([i for i, y in enumerate(xs) if y == x])",
    "count": "write count(lambda y: y == x, xs)",
    "copy": "values never change, so they need no copy",
    "add": "there are no sets; join lists with + and use distinct(…)",
    "union": "write distinct(xs + ys)",
    "intersection": "write [x for x in xs if x in ys]",
    "difference": "write [x for x in xs if x not in ys]",
    "keys": "the fields of a record are written out by name",
    "values": "the fields of a record are written out by name",
    "items": "the fields of a record are written out by name",
    "get": 'write r["field"] or r.field',
    "update": "records never change; write a new one",
    "format": "query the value itself; there is no text formatting",
    "join": "there is no text to build; keep names in a list",
    "split": "there is no text to take apart; keep names in a list",
    "upper": "names are only compared, never changed",
    "lower": "names are only compared, never changed",
    "strip": "names are only compared, never changed",
    "startswith": "names are only compared, as a whole",
    "endswith": "names are only compared, as a whole",
    "replace": "names are only compared, never changed",
    "sum": "write sum(xs)",
    "mean": "write mean(xs)",
    "max": "write max(xs)",
    "min": "write min(xs)",
    "item": "leave it out: a random value is used like any other",
    "sample": "a call of a distribution is a draw from it: leave out .sample()",
    "rsample": "a call of a distribution is a draw from it: leave out .rsample()",
    "log_prob": "observe(distribution, value) weighs by the density",
    "push": "lists never change; join them with +: xs = xs + [x]",
    "map": "write [f(x) for x in xs]",
    "filter": "write [x for x in xs if test(x)]",
    "length": "write len(xs)",
    "shape": "write len(xs)",
}

# Names that other languages and libraries have, and what stands for them here.
ELSEWHERE = {
    "true": "write True",
    "false": "write False",
    "null": "write None",
    "nil": "write None",
    "undefined": "write None",
    "print": "query(value) shows a value",
    "mem": "write @mem on the line above def",
    "sample": "a call of a distribution is a draw from it: normal(0, 1)",
    "factor": "observe(distribution, value) weighs by a density; condition(test) rules out",
    "infer": "write condition(…) and query(…); inference is done for you",
    "list": "write [x for x in xs], or leave it out: everything with items is a list",
    "tuple": "write a list: [a, b]",
    "set": "write distinct(xs)",
    "dict": 'write a record: {"mass": 2}',
    "int": "write floor(x) or round(x)",
    "float": "leave it out: numbers are whole or not as needed",
    "str": "leave it out: names are only compared",
    "bool": "leave it out, or compare: x != 0",
    "map": "write [f(x) for x in xs]",
    "filter": "write [x for x in xs if test(x)]",
    "reduce": "write a for loop, or sum(xs)",
    "reversed": "write [xs[len(xs) - 1 - i] for i in range(len(xs))]",
    "iter": "loop over the list itself",
    "next": "write first([x for x in xs if test(x)])",
    "isinstance": "all values of a name should have one type; test for None with x is None",
    "type": "all values of a name should have one type; test for None with x is None",
    "eval": "programs are data: nothing runs text",
    "exec": "programs are data: nothing runs text",
    "open": "programs can't read files",
    "input": "programs can't ask; query(value) answers",
    "random": "write flip(), uniform(0, 1), choice(xs), …",
    "np": "the library has exp, log, sqrt, sum, mean, …",
    "numpy": "the library has exp, log, sqrt, sum, mean, …",
    "math": "the library has exp, log, sqrt, floor, …, with nothing before them",
    "torch": "numbers are vectorised for you; write plain arithmetic",
    "pyro": "write x = normal(0, 1); the name of the site is made for you",
    "dist": "write normal(0, 1) with nothing before it",
    "gaussian": "write normal(mean, sd)",
    "norm": "write normal(mean, sd)",
    "coin": "write flip(p)",
    "coin_flip": "write flip(p)",
    "uniform_draw": "write choice(items)",
    "random_integer": "write randint(low, high); both ends are included",
    "uniform_int": "write randint(low, high); both ends are included",
    "multinomial": "write categorical(probabilities, values)",
    "discrete": "write categorical(probabilities, values)",
    "product": "write a for loop that multiplies",
    "std": "write sqrt(mean([(x - mean(xs)) ** 2 for x in xs]))",
    "average": "write mean(xs)",
    "self": "there are no classes; pass records",
}

"""The canonical text of a program, with minimal parentheses; parsing it gives the same program."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from plot.language.syntax import nodes

# How tightly each kind of expression binds, as in Python's grammar; what binds less is put in parentheses.
_ANY, _OR, _AND, _NOT, _COMPARE, _SUM, _PRODUCT, _SIGN, _POWER, _POSTFIX, _ATOM = range(11)
_BINARY = {"+": _SUM, "-": _SUM, "*": _PRODUCT, "/": _PRODUCT, "//": _PRODUCT, "%": _PRODUCT, "**": _POWER}


def show(node: nodes.Node) -> str:
    """Return a program, a statement or an expression as canonical text; statements end in a newline.

    >>> sum_ = nodes.Binary(op="+", left=nodes.Name(id="a"), right=nodes.Name(id="b"))
    >>> show(nodes.Binary(op="*", left=sum_, right=nodes.Constant(value=2)))
    '(a + b) * 2'

    Args:
        node: The program, statement or expression.
    """
    if isinstance(node, nodes.ProgramNode):
        doc = [_doc(node.doc, "")] if node.doc is not None else []
        return "".join(f"{line}\n" for line in [*doc, *_block(node.body, "", first=not doc)])
    kind = type(node)
    if kind in _STATEMENTS:
        return "".join(f"{line}\n" for line in _STATEMENTS[kind](node, ""))
    if isinstance(node, nodes.ParameterNode):
        return _parameter(node)
    if isinstance(node, (nodes.NameTarget, nodes.TupleTarget)):
        return _target(node)
    if isinstance(node, nodes.Generator):
        return _generator(node)
    return _expression(node, _ANY)


# -- statements ------------------------------------------------------------------------------------------


def _block(body: Sequence[nodes.Statement], indent: str, *, first: bool = True) -> list[str]:
    lines: list[str] = []
    for number, statement in enumerate(body):
        around = isinstance(statement, nodes.FunctionDef) or (
            number and isinstance(body[number - 1], nodes.FunctionDef)
        )
        if around and not indent and not (first and number == 0):
            lines.append("")
        lines += _STATEMENTS[type(statement)](statement, indent)
    return lines


def _inner(body: Sequence[nodes.Statement], indent: str) -> list[str]:
    inside = indent + "    "
    return _block(body, inside) or [f"{inside}pass"]


def _doc(doc: str, indent: str) -> str:
    lines = doc.split("\n")
    plain = "\\" not in doc and '"""' not in doc and not doc.endswith('"') and not doc.startswith('"')
    if not plain or not all(line.isprintable() for line in lines):
        return f"{indent}{quote(doc)}"
    if len(lines) == 1:
        return f'{indent}"""{doc}"""'
    rest = [f"{indent}{line}" if line else "" for line in lines[1:]]
    return "\n".join([f'{indent}"""{lines[0]}', *rest, f'{indent}"""'])


def _function(node: nodes.FunctionDef, indent: str) -> list[str]:
    parameters = ", ".join([_parameter(parameter) for parameter in node.parameters])
    lines = [f"{indent}@mem"] if node.mem else []
    lines.append(f"{indent}def {node.name}({parameters}):")
    if node.doc is None:
        return lines + _inner(node.body, indent)
    return [*lines, _doc(node.doc, indent + "    "), *_block(node.body, indent + "    ")]


def _parameter(node: nodes.ParameterNode) -> str:
    return node.name if node.default is None else f"{node.name}={_expression(node.default, _ANY)}"


def _if(node: nodes.If, indent: str, word: str = "if") -> list[str]:
    lines = [f"{indent}{word} {_expression(node.test, _ANY)}:", *_inner(node.body, indent)]
    if len(node.orelse) == 1 and isinstance(node.orelse[0], nodes.If):
        return lines + _if(node.orelse[0], indent, "elif")
    return [*lines, f"{indent}else:", *_inner(node.orelse, indent)] if node.orelse else lines


def _for(node: nodes.For, indent: str) -> list[str]:
    header = f"{indent}for {_target(node.target)} in {_expression(node.iterable, _ANY)}:"
    return [header, *_inner(node.body, indent)]


def _line(write: Callable[[Any], str]) -> Callable[[Any, str], list[str]]:
    return lambda node, indent: [indent + write(node)]


def _act(name: str, *parts: str) -> Callable[[Any, str], list[str]]:
    def lines(node: Any, indent: str) -> list[str]:
        return [f"{indent}{name}({', '.join([_expression(getattr(node, part), _ANY) for part in parts])})"]

    return lines


def _do(node: nodes.Do, indent: str) -> list[str]:
    how = "where=" if node.restricted else ""
    return [f"{indent}do({_expression(node.target, _ANY)}, {how}{_expression(node.value, _ANY)})"]


def _return(node: nodes.Return) -> str:
    return "return" if node.value is None else f"return {_expression(node.value, _ANY)}"


_STATEMENTS: dict[type[nodes.Node], Callable[[Any, str], list[str]]] = {
    nodes.FunctionDef: _function,
    nodes.Assign: _line(lambda node: f"{_target(node.target)} = {_expression(node.value, _ANY)}"),
    nodes.If: _if,
    nodes.For: _for,
    nodes.Return: _line(_return),
    nodes.Break: _line(lambda node: "break"),
    nodes.Continue: _line(lambda node: "continue"),
    nodes.Pass: _line(lambda node: "pass"),
    nodes.ExprStatement: _line(lambda node: _expression(node.value, _ANY)),
    nodes.Condition: _act("condition", "test"),
    nodes.Observe: _act("observe", "distribution", "value"),
    nodes.Query: _act("query", "value"),
    nodes.Do: _do,
}


def _target(node: nodes.Target, inner: bool = False) -> str:
    if isinstance(node, nodes.NameTarget):
        return node.id
    shown = ", ".join([_target(item, True) for item in node.items])
    if len(node.items) == 1:
        return f"({shown},)"
    return f"({shown})" if inner else shown


# -- expressions -----------------------------------------------------------------------------------------


def _expression(node: nodes.Node, least: int) -> str:
    """Return an expression, in parentheses where it binds less than `least`."""
    binds, text = _EXPRESSIONS[type(node)](node)
    return text if binds >= least else f"({text})"


def _list(items: Sequence[nodes.Expr]) -> str:
    return ", ".join([_expression(item, _ANY) for item in items])


def quote(text: str) -> str:
    r"""Return a name in double quotes, as the language writes it; what can't be seen is escaped.

    >>> print(quote('say "hi"'))
    "say \"hi\""
    """
    return '"' + "".join([_character(character) for character in text]) + '"'


def _character(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    if character.isprintable():
        return character
    return {"\n": "\\n", "\t": "\\t"}.get(character) or _escape(ord(character))


def _escape(code: int) -> str:
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _constant(node: nodes.Constant) -> tuple[int, str]:
    value = node.value
    if isinstance(value, str):
        return _ATOM, quote(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        text = repr(value)
        # a number with a sign is a signed number; one without needs parentheses before a '.'
        return (_SIGN if text.startswith("-") else _POSTFIX), text
    return _ATOM, repr(value)


def _record(node: nodes.RecordExpr) -> tuple[int, str]:
    return _ATOM, "{" + ", ".join([f"{quote(name)}: {_expression(value, _ANY)}" for name, value in node.fields]) + "}"


def _attribute(node: nodes.AttributeExpr) -> tuple[int, str]:
    least = _ATOM if isinstance(node.value, nodes.Constant) else _POSTFIX
    return _POSTFIX, f"{_expression(node.value, least)}.{node.name}"


def _index(node: nodes.Index) -> tuple[int, str]:
    return _POSTFIX, f"{_expression(node.value, _POSTFIX)}[{_expression(node.index, _ANY)}]"


def _slice(node: nodes.Slice) -> tuple[int, str]:
    lower = _expression(node.lower, _ANY) if node.lower is not None else ""
    upper = _expression(node.upper, _ANY) if node.upper is not None else ""
    return _POSTFIX, f"{_expression(node.value, _POSTFIX)}[{lower}:{upper}]"


def _unary(node: nodes.Unary) -> tuple[int, str]:
    if node.op == "not":
        return _NOT, f"not {_expression(node.operand, _NOT)}"
    return _SIGN, f"{node.op}{_expression(node.operand, _SIGN)}"


def _binary(node: nodes.Binary) -> tuple[int, str]:
    binds = _BINARY[node.op]
    # ** binds to the right, and its right side may have a sign; the others bind to the left
    left, right = (_POSTFIX, _SIGN) if node.op == "**" else (binds, binds + 1)
    return binds, f"{_expression(node.left, left)} {node.op} {_expression(node.right, right)}"


def _bool_op(node: nodes.BoolOp) -> tuple[int, str]:
    binds = _AND if node.op == "and" else _OR
    return binds, f" {node.op} ".join([_expression(value, binds + 1) for value in node.values])


def _compare(node: nodes.Compare) -> tuple[int, str]:
    parts = [_expression(node.left, _SUM)]
    for op, value in zip(node.ops, node.comparators, strict=True):
        parts += [op, _expression(value, _SUM)]
    return _COMPARE, " ".join(parts)


def _if_expr(node: nodes.IfExpr) -> tuple[int, str]:
    then, test = _expression(node.then, _OR), _expression(node.test, _OR)
    return _ANY, f"{then} if {test} else {_expression(node.orelse, _ANY)}"


def _call(node: nodes.Call) -> tuple[int, str]:
    keywords = [f"{name}={_expression(value, _ANY)}" for name, value in node.keywords]
    arguments = ", ".join([*[_expression(item, _ANY) for item in node.args], *keywords])
    return _POSTFIX, f"{_expression(node.function, _POSTFIX)}({arguments})"


def _lambda(node: nodes.Lambda) -> tuple[int, str]:
    parameters = f" {', '.join(node.parameters)}" if node.parameters else ""
    return _ANY, f"lambda{parameters}: {_expression(node.body, _ANY)}"


def _generator(node: nodes.Generator) -> str:
    conditions = "".join([f" if {_expression(test, _OR)}" for test in node.conditions])
    return f"for {_target(node.target)} in {_expression(node.iterable, _OR)}{conditions}"


def _comprehension(node: nodes.Comprehension) -> tuple[int, str]:
    generators = " ".join([_generator(generator) for generator in node.generators])
    return _ATOM, f"[{_expression(node.element, _ANY)} {generators}]"


_EXPRESSIONS: dict[type[nodes.Node], Callable[[Any], tuple[int, str]]] = {
    nodes.Constant: _constant,
    nodes.Name: lambda node: (_ATOM, node.id),
    nodes.ListExpr: lambda node: (_ATOM, f"[{_list(node.items)}]"),
    nodes.TableExpr: lambda node: (_POSTFIX, f"data({quote(node.name)})"),
    nodes.RecordExpr: _record,
    nodes.AttributeExpr: _attribute,
    nodes.Index: _index,
    nodes.Slice: _slice,
    nodes.Unary: _unary,
    nodes.Binary: _binary,
    nodes.BoolOp: _bool_op,
    nodes.Compare: _compare,
    nodes.IfExpr: _if_expr,
    nodes.Call: _call,
    nodes.Lambda: _lambda,
    nodes.Comprehension: _comprehension,
}

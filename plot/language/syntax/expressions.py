"""Conversion of Python expressions into nodes; expressions without a rule are refused."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from typing import Any

from plot.errors import Span
from plot.language.syntax import nodes
from plot.language.syntax.reading import RESERVED, ParseState
from plot.language.syntax.source import hidden

_BINARY: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
}
_COMPARE: dict[type[ast.cmpop], str] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.In: "in",
    ast.NotIn: "not in",
    ast.Is: "is",
    ast.IsNot: "is not",
}
LARGEST_INT = 2**53  # larger whole numbers are not exact as floating-point numbers, which random ones may become
_ONE_LITERAL = re.compile(
    r"""[uUrR]?(?:\"\"\"(?:[^\\]|\\.)*?\"\"\"|'''(?:[^\\]|\\.)*?'''|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')""",
    re.DOTALL,
)


class Expressions(ParseState):
    """Reads expressions and what is assigned to."""

    def expression(self, node: ast.expr) -> nodes.Expr:
        """Return an expression as our node."""
        self.enter(node)
        rule = _RULES.get(type(node))
        found = self.refuse_construct(node) if rule is None else rule(self, node, self.span(node))
        self.leave()
        return found

    def _all(self, items: list[ast.expr]) -> tuple[nodes.Expr, ...]:
        return tuple([self.expression(item) for item in items])

    # -- values --------------------------------------------------------------------------------------------

    def _constant(self, node: ast.Constant, span: Span) -> nodes.Expr:
        value = node.value
        if isinstance(value, str):
            return nodes.Constant(value=self._string(value, span), span=span)
        if isinstance(value, float) and value in (float("inf"), float("-inf")):
            return self.refuse(span, "this number is too large", "the largest is about 1e308")
        if isinstance(value, int) and value > LARGEST_INT:
            return self.refuse(span, "this whole number is too large to be exact", "write it with a point or as 1e20")
        if value is None or isinstance(value, (bool, int, float)):
            return nodes.Constant(value=value, span=span)
        if value is ...:
            return self.refuse(span, "'...' is not part of the language", "an empty body is written pass")
        kind = (
            "a complex number"
            if isinstance(value, complex)
            else "a text of bytes"
            if isinstance(value, bytes)
            else "this constant"
        )
        return self.refuse(
            span, f"{kind} is not part of the language", "values are numbers, truth values, names and None"
        )

    def _string(self, value: str, span: Span) -> str:
        if any(hidden(character) for character in value):
            self.refuse(
                span,
                "a name in quotes holds a character that can't be shown",
                "a name is plain text on one line",
            )
        elif not _ONE_LITERAL.fullmatch(self.text(span)):
            self.refuse(span, "two names in quotes are next to each other", 'put a comma between them: "tom", "john"')
        return value

    def _name(self, node: ast.Name, span: Span) -> nodes.Expr:
        if node.id in RESERVED:
            return self._misplaced(node.id, span)
        return nodes.Name(id=self.identifier(node.id, span), span=span)

    def _misplaced(self, name: str, span: Span) -> nodes.Expr:
        if name == "mem":
            return self.refuse(span, "'mem' is only allowed above a definition", "write @mem on the line above def")
        return self.refuse(span, f"'{name}' has no value: it is a statement", f"write {name}(…) on a line of its own")

    def _list(self, node: ast.List | ast.Tuple, span: Span) -> nodes.Expr:
        return nodes.ListExpr(items=self._all(node.elts), span=span)

    def _record(self, node: ast.Dict, span: Span) -> nodes.Expr:
        fields: list[tuple[str, nodes.Expr]] = []
        for key, value in zip(node.keys, node.values, strict=True):
            item = self.expression(value)
            if key is None:
                self.refuse(self.span(value), "'**' in a record is not part of the language", "write out its fields")
            elif not isinstance(key, ast.Constant) or not isinstance(key.value, str):
                hint = 'write {"mass": 2}; for a table from values to values write a @mem function'
                self.refuse(self.span(key), "the fields of a record are names in quotes", hint)
            elif key.value in [name for name, _ in fields]:
                self.refuse(self.span(key), f"the record has the field '{key.value}' twice", "give each field once")
            else:
                fields.append((self._string(key.value, self.span(key)), item))
        return nodes.RecordExpr(fields=tuple(fields), span=span)

    def _attribute(self, node: ast.Attribute, span: Span) -> nodes.Expr:
        value = self.expression(node.value)
        end = Span(span.end_line, span.end_column - len(node.attr), span.end_line, span.end_column, self.source)
        return nodes.AttributeExpr(value=value, name=self.identifier(node.attr, end), span=span)

    def _subscript(self, node: ast.Subscript, span: Span) -> nodes.Expr:
        value = self.expression(node.value)
        at = node.slice
        if isinstance(at, ast.Slice):
            if at.step is not None:
                self.refuse(
                    self.span(at.step),
                    "a slice with a step is not part of the language",
                    "write [xs[i] for i in range(a, b, step)]",
                )
            lower = self.expression(at.lower) if at.lower is not None else None
            upper = self.expression(at.upper) if at.upper is not None else None
            return nodes.Slice(value=value, lower=lower, upper=upper, span=span)
        if isinstance(at, ast.Tuple):
            return self.refuse(
                self.span(at), "an index is a single value", "write xs[i][j] for the item j of the item i"
            )
        return nodes.Index(value=value, index=self.expression(at), span=span)

    # -- operators -----------------------------------------------------------------------------------------

    def _unary(self, node: ast.UnaryOp, span: Span) -> nodes.Expr:
        if isinstance(node.op, ast.Not):
            return nodes.Unary(op="not", operand=self.expression(node.operand), span=span)
        if not isinstance(node.op, (ast.USub, ast.UAdd)):
            return self.refuse_construct(node.op, node)
        inner = self.expression(node.operand)
        literal = isinstance(node.operand, ast.Constant) and isinstance(inner, nodes.Constant)
        if isinstance(node.op, ast.USub) and literal and inner.kind in ("int", "float"):  # type: ignore[union-attr]
            return nodes.Constant(value=-inner.value, span=span)  # type: ignore[operator, union-attr]
        return nodes.Unary(op="-" if isinstance(node.op, ast.USub) else "+", operand=inner, span=span)

    def _binary(self, node: ast.BinOp, span: Span) -> nodes.Expr:
        op = self.operator(node.op, node)
        return nodes.Binary(op=op, left=self.expression(node.left), right=self.expression(node.right), span=span)

    def operator(self, op: ast.operator, at: ast.AST) -> str:
        """Return an arithmetic operator as our text, refused where we have none."""
        found = _BINARY.get(type(op))
        if found is None:
            self.refuse_construct(op, at)
        return found or "+"

    def _bool_op(self, node: ast.BoolOp, span: Span) -> nodes.Expr:
        op = "and" if isinstance(node.op, ast.And) else "or" if isinstance(node.op, ast.Or) else None
        if op is None:
            return self.refuse_construct(node.op, node)
        return nodes.BoolOp(op=op, values=self._all(node.values), span=span)

    def _compare(self, node: ast.Compare, span: Span) -> nodes.Expr:
        ops: list[str] = []
        for op, right in zip(node.ops, node.comparators, strict=True):
            shown = _COMPARE.get(type(op))
            if shown is None:
                self.refuse_construct(op, node)
            elif shown.startswith("is") and not (isinstance(right, ast.Constant) and right.value is None):
                plain = "==" if shown == "is" else "!="
                self.refuse(span, f"'{shown}' only allows None on its right", f"write {plain}, or x {shown} None")
            ops.append(shown or "==")
        left = self.expression(node.left)
        return nodes.Compare(left=left, ops=tuple(ops), comparators=self._all(node.comparators), span=span)

    def _if_expr(self, node: ast.IfExp, span: Span) -> nodes.Expr:
        test = self.expression(node.test)
        return nodes.IfExpr(test=test, then=self.expression(node.body), orelse=self.expression(node.orelse), span=span)

    # -- calls and functions -------------------------------------------------------------------------------

    def _call(self, node: ast.Call, span: Span) -> nodes.Expr:
        found = self.call(node, span)
        name = found.args[0].value if len(found.args) == 1 and isinstance(found.args[0], nodes.Constant) else None
        if found.function == nodes.Name("data") and isinstance(name, str) and not found.keywords:
            return nodes.TableExpr(name, span=span)
        return found

    def call(self, node: ast.Call, span: Span) -> nodes.Call:
        """Return a call; its arguments go by position and by name."""
        function = self.expression(node.func)
        args = self._all(node.args)
        keywords: list[tuple[str, nodes.Expr]] = []
        for keyword in node.keywords:
            value = self.expression(keyword.value)
            place = self.span(keyword)
            if keyword.arg is None:
                self.refuse(place, "'**' is not part of the language", "pass arguments one by one")
            elif keyword.arg in [name for name, _ in keywords]:
                self.refuse(place, f"the argument '{keyword.arg}' is given twice", "give each argument once")
            else:
                keywords.append((self.identifier(keyword.arg, place), value))
        return nodes.Call(function=function, args=args, keywords=tuple(keywords), span=span)

    def _lambda(self, node: ast.Lambda, span: Span) -> nodes.Expr:
        for default in [*node.args.defaults, *node.args.kw_defaults]:
            if default is not None:
                self.refuse(
                    self.span(default),
                    "a lambda has no defaults",
                    "write a def, whose parameters can have them",
                )
        names = tuple([self.parameter(arg) for arg in self.plain_parameters(node.args, span)])
        return nodes.Lambda(parameters=names, body=self.expression(node.body), span=span)

    def plain_parameters(self, arguments: ast.arguments, span: Span) -> list[ast.arg]:
        """Return the parameters of a function; stars and bars between them are refused."""
        for extra in (arguments.vararg, arguments.kwarg):
            if extra is not None:
                self.refuse(
                    self.span(extra),
                    "a function takes a fixed number of arguments",
                    "take a list instead of '*'",
                )
        barred = arguments.posonlyargs or ([] if arguments.vararg else arguments.kwonlyargs)
        if barred:
            place = self.span(barred[0])
            self.refuse(place, "'/' and '*' between parameters are not part of the language", "leave them out")
        return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]

    def parameter(self, arg: ast.arg) -> str:
        """Return the name of one parameter."""
        if arg.annotation is not None:
            self.refuse(
                self.span(arg.annotation),
                "a type annotation is not part of the language",
                "leave out the type: values carry their own kind",
            )
        return self.identifier(arg.arg, self.span(arg), defines=True)

    # -- comprehensions and targets ------------------------------------------------------------------------

    def _comprehension(self, node: ast.ListComp | ast.GeneratorExp, span: Span) -> nodes.Expr:
        generators = tuple([self._generator(item) for item in node.generators])
        return nodes.Comprehension(element=self.expression(node.elt), generators=generators, span=span)

    def _generator(self, node: ast.comprehension) -> nodes.Generator:
        first, last = self.span(node.target), self.span((node.ifs or [node.iter])[-1])
        span = Span(first.line, first.column, last.end_line, last.end_column, self.source)
        if node.is_async:
            self.refuse(span, "'async' is not part of the language", "leave it out")
        iterable = self.expression(node.iter)
        return nodes.Generator(
            target=self.target(node.target), iterable=iterable, conditions=self._all(node.ifs), span=span
        )

    def target(self, node: ast.expr) -> nodes.Target:
        """Return what is assigned to: a name, or a tuple of such."""
        self.enter(node)
        span = self.span(node)
        found: nodes.Target = nodes.NameTarget(id="_", span=span)
        if isinstance(node, ast.Name):
            found = nodes.NameTarget(id=self.identifier(node.id, span, defines=True), span=span)
        elif isinstance(node, (ast.Tuple, ast.List)) and node.elts:
            found = nodes.TupleTarget(items=tuple([self.target(item) for item in node.elts]), span=span)
        elif isinstance(node, (ast.Attribute, ast.Subscript)):
            self.refuse(
                span,
                "values never change: only a name can be assigned to",
                "make a new list or record with the change in it",
            )
        elif isinstance(node, ast.Starred):
            self.refuse(span, "'*' is not part of the language", "take the rest by a slice: xs[1:]")
        else:
            self.refuse(span, "only a name can be assigned to", "write name = value")
        self.leave()
        return found


_RULES: dict[type[ast.expr], Callable[[Expressions, Any, Span], nodes.Expr]] = {
    ast.Constant: Expressions._constant,
    ast.Name: Expressions._name,
    ast.List: Expressions._list,
    ast.Tuple: Expressions._list,
    ast.Dict: Expressions._record,
    ast.Attribute: Expressions._attribute,
    ast.Subscript: Expressions._subscript,
    ast.UnaryOp: Expressions._unary,
    ast.BinOp: Expressions._binary,
    ast.BoolOp: Expressions._bool_op,
    ast.Compare: Expressions._compare,
    ast.IfExp: Expressions._if_expr,
    ast.Call: Expressions._call,
    ast.Lambda: Expressions._lambda,
    ast.ListComp: Expressions._comprehension,
    ast.GeneratorExp: Expressions._comprehension,
}
EXPRESSIONS = tuple(_RULES)

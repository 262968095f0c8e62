"""The parser: text to program; constructs without a rule are refused by name."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from plot.errors import PlotError, Source, Span, joined
from plot.language.syntax import nodes
from plot.language.syntax.budget import DEFAULT, Budget
from plot.language.syntax.expressions import Expressions
from plot.language.syntax.reading import EnoughError
from plot.language.syntax.source import hidden, read

_EFFECTLESS_TEXT = "a text by itself has no effect"
_MEMO_NAMES = frozenset({"memo", "memoize", "memoise", "cache", "lru_cache", "mem"})


def parse(text: str, name: str = "program", budget: Budget = DEFAULT) -> nodes.ProgramNode:
    """Return the program that a text is; every node's span knows its source.

    >>> parse("x = flip(0.3)").body[0].target.id
    'x'

    Args:
        text: The program.
        name: What errors call it.
        budget: How large it may be.

    Raises:
        PlotError: The text is no program of the language (PlotErrors for several mistakes).
        BudgetError: The text is too large.
    """
    tree, source = read(text, name, budget)
    parser = _Parser(source, budget)
    try:
        program = parser.program(tree)
    except EnoughError:
        program = None
    except PlotError as error:  # a budget; what was refused before it is still worth saying
        parser.errors.append(error)
        program = None
    if not parser.errors:
        assert program is not None
        return program
    errors = sorted(parser.errors, key=lambda error: (error.span.line, error.span.column) if error.span else (0, 0))
    raise joined(errors)


def tidy(doc: str) -> str:
    """Return a docstring without its indentation and without blank lines around it.

    >>> tidy("One. \\n\\n      Two.\\n    ")
    'One.\\n\\nTwo.'
    """
    lines = [line.rstrip() for line in doc.replace("\t", "    ").split("\n")]
    while lines and not lines[0]:
        del lines[0]
    while lines and not lines[-1]:
        del lines[-1]
    margin = min([len(line) - len(line.lstrip()) for line in lines[1:] if line], default=0)
    return "\n".join([line.strip() if number == 0 else line[margin:] for number, line in enumerate(lines)])


class _Parser(Expressions):
    """Reads statements."""

    def program(self, tree: ast.Module) -> nodes.ProgramNode:
        doc, body = self._doc(tree.body)
        lines = self.source.text.split("\n")
        span = Span(1, 0, len(lines), len(lines[-1]), self.source)
        return nodes.ProgramNode(body=self._block(body), doc=doc, span=span)

    def _doc(self, body: list[ast.stmt]) -> tuple[str | None, list[ast.stmt]]:
        """Split the docstring off a body."""
        if not body or not _is_text(body[0]):
            return None, body
        text: str = body[0].value.value  # type: ignore[attr-defined]
        if any(hidden(character) for character in text if character not in "\n\t"):
            self.refuse(self.span(body[0]), "a text in quotes holds a character that can't be shown", "delete it")
        return tidy(text), body[1:]

    def _block(self, body: list[ast.stmt]) -> tuple[nodes.Statement, ...]:
        return tuple([found for statement in body if (found := self._statement(statement)) is not None])

    def _statement(self, node: ast.stmt) -> nodes.Statement | None:
        self.enter(node)
        rule = _RULES.get(type(node))
        found: nodes.Statement | None = None
        if rule is None:
            self.refuse_construct(node)
        else:
            found = rule(self, node, self.span(node))
        self.leave()
        return found

    # -- definitions and assignments -----------------------------------------------------------------------

    def _function(self, node: ast.FunctionDef, span: Span) -> nodes.Statement:
        header = Span(
            span.line,
            span.column,
            span.line,
            min(span.column + len("def ") + len(node.name), self._width(span.line)),
            self.source,
        )
        self.identifier(node.name, header, defines=True)
        mem = self._decorators(node.decorator_list)
        if node.returns is not None:
            self.refuse(
                self.span(node.returns),
                "a type annotation is not part of the language",
                "leave out '->' and the type",
            )
        if getattr(node, "type_params", None):
            self.refuse(header, "type parameters are not part of the language", "leave them out")
        arguments = self.plain_parameters(node.args, header)
        parameters = self._parameters(node.args, arguments)
        doc, body = self._doc(node.body)
        return nodes.FunctionDef(
            name=node.name, parameters=parameters, body=self._block(body), mem=mem, doc=doc, span=span
        )

    def _width(self, line: int) -> int:
        return len(self._lines[line - 1])

    def _parameters(self, node: ast.arguments, arguments: list[ast.arg]) -> tuple[nodes.ParameterNode, ...]:
        positional = [*node.posonlyargs, *node.args]
        defaults: list[ast.expr | None] = [None] * (len(positional) - len(node.defaults))
        defaults += [*node.defaults, *node.kw_defaults]
        found = []
        for arg, default in zip(arguments, defaults, strict=True):
            value = self.expression(default) if default is not None else None
            found.append(nodes.ParameterNode(name=self.parameter(arg), default=value, span=self.span(arg)))
        return tuple(found)

    def _decorators(self, decorators: list[ast.expr]) -> bool:
        mem = False
        for decorator in decorators:
            function = decorator.func if isinstance(decorator, ast.Call) else decorator
            name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
            if isinstance(decorator, ast.Name) and name == "mem" and not mem:
                mem = True
                continue
            hint = (
                "write @mem once, without parentheses"
                if name in _MEMO_NAMES
                else "the only decorator is @mem, which stores a function's value for each argument"
            )
            self.refuse(self.span(decorator), "this decorator is not part of the language", hint)
        return mem

    def _assign(self, node: ast.Assign, span: Span) -> nodes.Statement:
        if len(node.targets) > 1:
            self.refuse(
                span,
                "two '=' in one statement are not part of the language",
                "assign on lines of their own; write == to compare",
            )
        value = self.expression(node.value)
        return nodes.Assign(target=self.target(node.targets[0]), value=value, span=span)

    def _aug_assign(self, node: ast.AugAssign, span: Span) -> nodes.Statement | None:
        target = self.target(node.target)
        op = self.operator(node.op, node)
        right = self.expression(node.value)
        if not isinstance(target, nodes.NameTarget):
            return None
        left = nodes.Name(id=target.id, span=target.span)
        value = nodes.Binary(op=op, left=left, right=right, span=span)
        return nodes.Assign(target=target, value=value, span=span)

    # -- control -------------------------------------------------------------------------------------------

    def _if(self, node: ast.If, span: Span) -> nodes.Statement:
        test = self.expression(node.test)
        return nodes.If(test=test, body=self._block(node.body), orelse=self._block(node.orelse), span=span)

    def _for(self, node: ast.For, span: Span) -> nodes.Statement:
        if node.orelse:
            self.refuse(
                self.span(node.orelse[0]),
                "'else' after a for loop is not part of the language",
                "assign in the loop, and test after it",
            )
        iterable = self.expression(node.iter)
        return nodes.For(target=self.target(node.target), iterable=iterable, body=self._block(node.body), span=span)

    def _return(self, node: ast.Return, span: Span) -> nodes.Statement:
        return nodes.Return(value=self.expression(node.value) if node.value is not None else None, span=span)

    def _break(self, node: ast.Break, span: Span) -> nodes.Statement:
        return nodes.Break(span=span)

    def _continue(self, node: ast.Continue, span: Span) -> nodes.Statement:
        return nodes.Continue(span=span)

    def _pass(self, node: ast.Pass, span: Span) -> nodes.Statement:
        return nodes.Pass(span=span)

    # -- speech acts and calls -----------------------------------------------------------------------------

    def _expression_statement(self, node: ast.Expr, span: Span) -> nodes.Statement | None:
        if _is_text(node):
            self.refuse(span, _EFFECTLESS_TEXT, "a comment begins with #; a docstring comes first in a def")
            return None
        call = node.value
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in _ACTS:
            restricted = call.func.id == "do" and any(keyword.arg == "where" for keyword in call.keywords)
            arguments = self._act_arguments(_with_test(call) if restricted else call, span)
            made = None if arguments is None else _ACTS[call.func.id](self, arguments, span)
            return replace(made, restricted=True) if restricted and isinstance(made, nodes.Do) else made
        return nodes.ExprStatement(value=self.expression(call), span=span)

    def _act_arguments(self, call: ast.Call, span: Span) -> list[ast.expr] | None:
        """Return the arguments of a speech act in order; None where they do not fit."""
        name: str = call.func.id  # type: ignore[attr-defined]
        wanted = _ACT_PARAMETERS[name]
        for keyword in call.keywords:
            if keyword.arg is None:
                self.refuse(self.span(keyword), "'**' is not part of the language", "pass arguments one by one")
                return None
            if keyword.arg not in wanted:
                shown = f"{name}({keyword.arg} = …)"
                self.refuse(
                    self.span(keyword),
                    f"{shown} is not a comparison",
                    f"write == to compare: {name}({keyword.arg} == …)",
                )
                return None
        given = dict(zip(wanted, call.args, strict=False))
        twice = [keyword for keyword in call.keywords if keyword.arg in given]
        given |= {keyword.arg or "": keyword.value for keyword in call.keywords}
        if len(call.args) > len(wanted) or twice or len(given) < len(wanted):
            count = len(call.args) + len(call.keywords)
            usage = f"{name}({', '.join(wanted)})"
            hint = f"write {usage}" if name != "condition" else "write one condition(test) for each fact"
            self.refuse(span, f"{name} takes {_counted(len(wanted))}, not {count}", hint)
            return None
        return [given[parameter] for parameter in wanted]

    def _condition(self, arguments: list[ast.expr], span: Span) -> nodes.Statement:
        return nodes.Condition(test=self.expression(arguments[0]), span=span)

    def _query(self, arguments: list[ast.expr], span: Span) -> nodes.Statement:
        return nodes.Query(value=self.expression(arguments[0]), span=span)

    def _observe(self, arguments: list[ast.expr], span: Span) -> nodes.Statement | None:
        distribution, value = arguments
        found = self.expression(distribution)
        observed = self.expression(value)
        if not isinstance(found, nodes.Call):
            hint = "write observe(normal(x, 1), 3.2); condition(test) is for what is known to be true"
            self.refuse(self.span(distribution), "observe takes a distribution call first", hint)
            return None
        return nodes.Observe(distribution=found, value=observed, span=span)

    def _do(self, arguments: list[ast.expr], span: Span) -> nodes.Statement | None:
        target, value = arguments
        found = self.expression(target)
        chosen = self.expression(value)
        if not isinstance(found, (nodes.Call, nodes.Name)):
            self.refuse(
                self.span(target),
                "do takes a variable or a call of a @mem function first",
                'write do(strength("tom"), 60)',
            )
            return None
        return nodes.Do(target=found, value=chosen, span=span)


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _with_test(call: ast.Call) -> ast.Call:
    """Return do(target, where=test) as do(target, value=test)."""
    keywords = [ast.keyword("value" if one.arg == "where" else one.arg, one.value) for one in call.keywords]
    for new, old in zip(keywords, call.keywords, strict=True):
        ast.copy_location(new, old)
    return ast.copy_location(ast.Call(func=call.func, args=call.args, keywords=keywords), call)


def _counted(number: int) -> str:
    return "one argument" if number == 1 else f"{number} arguments"


_ACT_PARAMETERS = {
    "condition": ("test",),
    "observe": ("distribution", "value"),
    "query": ("value",),
    "do": ("target", "value"),
}
_ACTS: dict[str, Callable[[_Parser, list[ast.expr], Span], nodes.Statement | None]] = {
    "condition": _Parser._condition,
    "observe": _Parser._observe,
    "query": _Parser._query,
    "do": _Parser._do,
}
_RULES: dict[type[ast.stmt], Callable[[_Parser, Any, Span], nodes.Statement | None]] = {
    ast.FunctionDef: _Parser._function,
    ast.Assign: _Parser._assign,
    ast.AugAssign: _Parser._aug_assign,
    ast.If: _Parser._if,
    ast.For: _Parser._for,
    ast.Return: _Parser._return,
    ast.Break: _Parser._break,
    ast.Continue: _Parser._continue,
    ast.Pass: _Parser._pass,
    ast.Expr: _Parser._expression_statement,
}
STATEMENTS = tuple(_RULES)
__all__ = ["Source", "parse", "tidy"]

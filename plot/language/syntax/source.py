"""From text to Python's syntax tree; harmful input is refused before it is parsed."""

from __future__ import annotations

import ast
import io
import re
import tokenize
import unicodedata

from plot.errors import BudgetError, PlotError, Source, Span
from plot.language.syntax.budget import Budget
from plot.process import quietly

TOO_NESTED = "this is nested too deeply"
NESTED_HINT = "split it: name its parts, or use a list with sum, any, all or a loop"

# What people and models type for the plain ASCII that the language is written in.
_LOOKALIKES = {
    "“": '"',
    "”": '"',
    "„": '"',
    "«": '"',
    "»": '"',
    "‘": "'",
    "’": "'",
    "´": "'",
    "−": "-",
    "–": "-",
    "—": "-",
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
    "×": "*",
    "·": "*",
    "÷": "/",
    "∧": "and",
    "∨": "or",
    "¬": "not",
    "∈": "in",
    "→": "a return",
    "…": "...",
    "，": ",",
    "：": ":",
    "（": "(",
    "）": ")",
    "\u00a0": "a plain space",
    "√": "sqrt(…)",
    "²": "** 2",
    "³": "** 3",
    "∞": "a large number",
}
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_LITERAL_TOKENS = frozenset({"STRING", "COMMENT", "FSTRING_START", "FSTRING_MIDDLE", "FSTRING_END"})
_SUSPECT = re.compile("[^\n\t -~]")


def hidden(character: str) -> bool:
    """Return whether no text may hold a character: it breaks lines, drives terminals or hides what is written.

    >>> hidden("\\x1b"), hidden("\\u202e"), hidden("é")
    (True, True, False)
    """
    return character in _BIDI or unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp")


def read(text: str, name: str, budget: Budget) -> tuple[ast.Module, Source]:
    """Return the syntax tree of a text with its source: in NFC, lines end in \\n, no byte order mark.

    Raises PlotError for what Python's parser can't read, and BudgetError where the text is too long.
    """
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > budget.bytes:
        raise BudgetError(
            f"over the budget of bytes: a text of {size:,} bytes, over the {budget.bytes:,} allowed",
            hint="split it into smaller programs, or raise it: --budget bytes=…",
            where=name,
        )
    composed = unicodedata.normalize("NFC", text.removeprefix("\ufeff"))
    source = Source(composed.replace("\r\n", "\n").replace("\r", "\n"), name)
    _refuse_hidden(source)
    tree = _tree(source)
    _refuse_foreign_names(source)
    return tree, source


def _refuse_hidden(source: Source) -> None:
    for match in _SUSPECT.finditer(source.text):
        character = match.group()
        if hidden(character):
            code = f"U+{ord(character):04X}"
            name = unicodedata.name(character, {"\0": "NULL", "\f": "FORM FEED"}.get(character, "a control character"))
            raise PlotError(
                f"the character {code} ({name}) is not allowed in a program",
                hint="delete it; it is invisible and probably came with copied text",
                span=_span_at(source, match.start(), 1),
            )


def _tree(source: Source) -> ast.Module:
    try:
        with quietly():  # an invalid escape in a string would be reported on the user's terminal
            return ast.parse(source.text)
    except SyntaxError as error:
        raise _mistake(error, source) from None
    except (RecursionError, MemoryError):
        raise PlotError(TOO_NESTED, hint=NESTED_HINT, where=source.name) from None
    except ValueError as error:  # CPython's for what it can't take
        raise PlotError(f"this text cannot be read: {error}", where=source.name) from None


def _span_at(source: Source, position: int, length: int) -> Span:
    line = source.text.count("\n", 0, position) + 1
    column = position - (source.text.rfind("\n", 0, position) + 1)
    return Span(line, column, line, column + length, source)


def _refuse_foreign_names(source: Source) -> None:
    """Refuse letters that Python reads as their ASCII look-alikes: two spellings would be one name."""
    if source.text.isascii():
        return
    for token in tokenize.generate_tokens(io.StringIO(source.text).readline):
        if tokenize.tok_name[token.type] in _LITERAL_TOKENS or token.string.isascii():
            continue
        line, column = token.start
        raise PlotError(
            f"the name '{token.string}' has letters outside a-z, A-Z, 0-9 and _",
            hint='only names in quotes, such as "Zoë", can hold any letter',
            span=Span(line, column, line, column + len(token.string), source),
        )


# -- what Python's parser says, in our words ---------------------------------------------------------------

_KNOWN_MISTAKES: tuple[tuple[str, str, str | None], ...] = (
    (r"Maybe you meant '=='", "a single '=' stands where a comparison is needed", "write == to compare"),
    (r"cannot assign to .* here", "a single '=' stands where a comparison is needed", "write == to compare"),
    (r"cannot assign to", "only a name can be assigned to", "write name = value; write == to compare"),
    (r"'(.*)' was never closed", "'{}' is never closed", "add the bracket that closes it"),
    (r"unmatched '(.*)'", "'{}' closes nothing", "delete it, or add the bracket that opens it"),
    (
        r"closing parenthesis '(.*?)' does not match opening parenthesis '(.*?)'",
        "'{}' closes a '{}'",
        "close the brackets in the order in which they were opened",
    ),
    (r"unterminated triple-quoted", "a text in triple quotes is never closed", 'add """ at its end'),
    (
        r"unterminated string",
        "a text in quotes is never closed",
        "add the quote that closes it, on the same line",
    ),
    (
        r"unterminated f-string",
        "a text in quotes is never closed",
        "add the quote that closes it, on the same line",
    ),
    (
        r"expected an indented block",
        "an indented block is missing here",
        "indent the body by four spaces",
    ),
    (
        r"unexpected indent",
        "this line is indented, but is not part of a block",
        "align it with the line above",
    ),
    (
        r"unindent does not match",
        "this line is indented less than its block, but more than the one around it",
        "indent by four spaces for each block",
    ),
    (r"inconsistent use of tabs", "tabs and spaces are mixed in the indentation", "indent with four spaces"),
    (r"expected ':'", "a ':' is missing here", None),
    (r"forgot a comma", "something is missing between these two, perhaps a comma", None),
    (r"Missing parentheses in call to '(.*?)'", "'{}' is not a statement here", "query(value) shows a value"),
    (
        r"too many nested parentheses|too many levels of indentation|too many statically",
        TOO_NESTED,
        NESTED_HINT,
    ),
    (
        r"Exceeds the limit|value has .* digits",
        "this number has too many digits",
        "write large numbers as 1e20",
    ),
    (r"leading zeros", "a whole number can't begin with 0", "delete the zeros before it"),
    (
        r"invalid (decimal|hexadecimal|octal|binary|imaginary)? ?(literal|digit)",
        "this is neither a number nor a name",
        "a name begins with a letter",
    ),
    (
        r"positional argument follows keyword",
        "a positional argument follows a named one",
        "give the named arguments last",
    ),
    (
        r"(non-default argument|parameter without a default) follows",
        "a parameter without a default follows one with a default",
        None,
    ),
    (r"duplicate argument|keyword argument repeated", "an argument is given twice", None),
    (r"f-string", 'texts with values in them (f"…") are not part of the language', "query the value itself"),
    (r"unexpected character after line continuation", "a '\\' may only end a line", None),
    (r"unicode error", "a '\\' in this text is not a valid escape", "write \\\\ for a backslash"),
    (r"unexpected EOF|invalid syntax|unexpected end", "this cannot be read as a program", None),
)


def _mistake(error: SyntaxError, source: Source) -> PlotError:
    span = _span_of(error, source)
    said = error.msg or "invalid syntax"
    lookalike = re.search(r"invalid (?:non-printable )?character .*U\+([0-9A-F]+)", said)
    if lookalike is not None:
        return _foreign(chr(int(lookalike[1], 16)), span)
    for pattern, message, hint in _KNOWN_MISTAKES:
        match = re.search(pattern, said)
        if match is not None:
            return PlotError(message.format(*match.groups()), hint=hint or _guess(source, span), span=span)
    return PlotError(f"this cannot be read as a program: {said}", span=span)


def _foreign(character: str, span: Span) -> PlotError:
    plain = _LOOKALIKES.get(character)
    hint = f"write {plain}" if plain else "outside quotes and comments only ASCII characters are allowed"
    shown = f"'{character}'" if character.isprintable() else f"U+{ord(character):04X}"
    return PlotError(f"the character {shown} is not allowed here", hint=hint, span=span)


_OTHER_LANGUAGES = (
    (r"^\s*(```|~~~)", "remove the code fence around the program"),
    (r"&&", "write and"),
    (r"\|\|", "write or"),
    (r"^\s*(var|let|const|local)\b", "write name = value, with no word before it"),
    (r"^\s*(function|fun|fn|define)\b", "write def name(parameters): with the body indented beneath it"),
    (r"=>|->|\bfunction\b", "write lambda x: value for a function without a name"),
    (r"\+\+|--\s*$", "write x = x + 1"),
    (r"\belse\s+if\b|\belsif\b|\belseif\b", "write elif"),
    (r"!(?!=)", "write not"),
    (r"^\s*\(define|^\s*\(", "programs are written as in Python, not in parentheses as in Lisp"),
    (r"\?", "write a if test else b"),
    (r"//|/\*", "a comment begins with #"),
    (r"\{\s*$|^\s*\}", "write ':' and indent the block by four spaces; there are no braces around it"),
    (r";\s*$", "end the statement without ';'"),
    (
        r"^\s*[A-Za-z']+(,? [A-Za-z']+){2,}[.?!]?\s*$",
        "a program is code: use tell or ask for a sentence",
    ),
)


def _guess(source: Source, span: Span) -> str | None:
    """Look at the line for what other languages write."""
    lines = source.text.split("\n")
    line = lines[span.line - 1] if span.line <= len(lines) else ""
    for pattern, hint in _OTHER_LANGUAGES:
        if re.search(pattern, line):
            return hint
    return None


def _span_of(error: SyntaxError, source: Source) -> Span:
    """Return where a SyntaxError lies; CPython counts columns from 1 and may leave them out."""
    lines = source.text.split("\n")
    line = min(max(error.lineno or 1, 1), len(lines))
    column = min(max((error.offset or 1) - 1, 0), len(lines[line - 1]))
    end_line, end = error.end_lineno or line, (error.end_offset or 0) - 1
    if end_line != line or end <= column:
        end = column + 1
    return Span(line, column, line, min(end, max(len(lines[line - 1]), column + 1)), source)

"""The glossary names what is in the code: a term whose name was changed or removed there is found."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

PAGE = Path(__file__).resolve().parents[1] / "docs" / "GLOSSARY.md"
ROW = re.compile(r"^\| (?P<term>[^|]+) \| [^|]+ \| `(?P<name>plot\.[\w.]+)` \|$", flags=re.MULTILINE)


def exists(name: str) -> bool:
    """Return whether a dotted name is a module, or something in one."""
    try:
        importlib.import_module(name)
    except ImportError:
        module, _, attribute = name.rpartition(".")
        try:
            return hasattr(importlib.import_module(module), attribute)
        except ImportError:
            return False
    return True


def test_every_name_in_the_glossary_is_in_the_code() -> None:
    rows = [(row["term"], row["name"]) for row in ROW.finditer(PAGE.read_text(encoding="utf-8"))]
    assert [term for term, name in rows if not exists(name)] == []
    terms = [term for term, _ in rows]
    assert len(terms) >= 60 and len(terms) == len(set(terms))


def test_a_name_that_is_gone_is_found() -> None:
    assert not exists("plot.inference.Posteriour") and not exists("plot.nowhere.Thing")

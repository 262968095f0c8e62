"""Any value as text, in every particle at once: a code for each particle and a label for each code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from plot.errors import PlotError
from plot.heavy import torch
from plot.runtime.masks import Mask
from plot.runtime.values import (
    NAMES,
    Atoms,
    Constant,
    ListValue,
    Missing,
    RecordValue,
    Union,
    Value,
    as_tensor,
    is_constant,
)

if TYPE_CHECKING:
    from torch import Tensor

Take: TypeAlias = "Callable[[Tensor], Tensor]"

MOST_LABELS = 5_000
NOTHING = "none"
ABSENT = "\x00"


@dataclass(frozen=True, slots=True, eq=False)
class Texts:
    """`codes` is int64 (M,), numbers of `labels`; no label stands twice."""

    codes: Tensor
    labels: tuple[str, ...]


def text_of_constant(value: Constant) -> str:
    """Return the text of a plain value as an answer says it.

    >>> text_of_constant(True), text_of_constant(None), text_of_constant(2.50), text_of_constant("tom")
    ('yes', 'none', '2.5', 'tom')
    """
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else f"{value:.6g}"


def texts_of(value: Value, take: Take, size: int) -> Texts:
    """Return the text of `value` in the `size` particles that `take` picks out of a tensor."""
    if is_constant(value):
        return Texts(torch.zeros(size, dtype=torch.int64), (text_of_constant(value),))  # type: ignore[arg-type]
    if isinstance(value, torch.Tensor):
        return _of_numbers(take(value))
    if isinstance(value, Atoms):
        return _compress(take(value.codes), lambda code: NAMES[code] if NAMES[code] is not None else NOTHING)
    if isinstance(value, ListValue):
        items = zip(value.items, value.present, strict=True)
        parts = [_where(present, texts_of(item, take, size), take, size) for item, present in items]
        return _join(parts, size, lambda labels: ", ".join(labels), empty="nothing")
    if isinstance(value, RecordValue):
        parts = [_named(name, texts_of(item, take, size)) for name, item in value.fields.items()]
        return _join(parts, size, lambda labels: "; ".join(labels), empty="an empty record")
    if isinstance(value, Union):
        return _of_cases(value, take, size)
    label = ABSENT if isinstance(value, Missing) else f"the function {getattr(value, 'name', '')}"
    return Texts(torch.zeros(size, dtype=torch.int64), (label,))


def _compress(codes: Tensor, label: Callable[[int], str | None]) -> Texts:
    found, inverse = torch.unique(codes, return_inverse=True)
    if len(found) > MOST_LABELS:
        raise PlotError(
            f"more than {MOST_LABELS:,} different answers: this has no distribution that can be listed",
            hint="query one number at a time, or a name, a truth value, a list of names",
        )
    return _unite(inverse, [label(code) or "" for code in found.tolist()])


def _unite(codes: Tensor, labels: list[str]) -> Texts:
    """Give equal labels one number."""
    numbers: dict[str, int] = {}
    table = [numbers.setdefault(label, len(numbers)) for label in labels]
    if len(numbers) < len(labels):
        codes = torch.tensor(table, dtype=torch.int64)[codes]
    return Texts(codes, tuple(numbers))


def _of_numbers(values: Tensor) -> Texts:
    if values.dtype == torch.bool:
        return Texts(values.to(torch.int64), ("no", "yes"))
    found, inverse = torch.unique(values, return_inverse=True)
    if len(found) > MOST_LABELS:
        return _compress(values, str)
    return _unite(inverse, [text_of_constant(number) for number in found.tolist()])


def _named(name: str, texts: Texts) -> Texts:
    return Texts(texts.codes, tuple(f"{name}: {label}" if label != ABSENT else label for label in texts.labels))


def _where(present: Mask, texts: Texts, take: Take, size: int) -> Texts:
    if present is True:
        return texts
    mask = take(as_tensor(present)).expand(size)
    codes = torch.where(mask, texts.codes, torch.full_like(texts.codes, len(texts.labels)))
    return Texts(codes, (*texts.labels, ABSENT))


def _join(parts: list[Texts], size: int, render: Callable[[list[str]], str], empty: str) -> Texts:
    """Return the text of several parts, compressing after each one so that the codes stay small."""
    codes = torch.zeros(size, dtype=torch.int64)
    rows: list[tuple[str, ...]] = [()]
    for part in parts:
        width = len(part.labels)
        found, codes = torch.unique(codes * width + part.codes, return_inverse=True)
        if len(found) > MOST_LABELS:
            return _compress(codes, str)
        rows = [(*rows[code // width], part.labels[code % width]) for code in found.tolist()]
    kept = [[label for label in row if label != ABSENT] for row in rows]
    return _unite(codes, [render(row) if row else empty for row in kept])


def _of_cases(value: Union, take: Take, size: int) -> Texts:
    codes = torch.zeros(size, dtype=torch.int64)
    labels: list[str] = [NOTHING]
    for mask, case in value.cases:
        on = take(as_tensor(mask)).expand(size)
        texts = texts_of(case, take, size)
        codes = torch.where(on, texts.codes + len(labels), codes)
        labels.extend(texts.labels)
    return _drop_unused(_unite(codes, labels))


def _drop_unused(texts: Texts) -> Texts:
    found, codes = torch.unique(texts.codes, return_inverse=True)
    return Texts(codes, tuple(texts.labels[code] for code in found.tolist()))

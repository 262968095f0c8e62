"""The picture specification of a world: its kind, and expressions of the model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from plot.errors import PlotError
from plot.language import LIBRARY, parse
from plot.language.syntax.nodes import Call, Constant, Name, ProgramNode
from plot.world.lexicon import Code, Lexicon, Real, expression

Kind = Literal["scene", "map", "lines", "tree"]
Extent = Annotated[Real, Field(gt=0, le=1e6)]
Label = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]

FRAMES = 60
# What an expression may speak of besides the model's variables: an item `x`, a second one `of`, a `time`, a `hue`.
ROLES: Mapping[str, tuple[str, ...]] = {
    "items": (),
    "rows": (),
    "across": ("x",),
    "away": ("x",),
    "shape": ("x",),
    "colour": ("x",),
    "label": ("x",),
    "size": ("x",),
    "steps": ("x",),
    "place": ("x", "time"),
    "parent": ("x", "of"),
    "partner": ("x", "of"),
    "seen": ("hue",),
}
NEEDED: Mapping[Kind, tuple[str, ...]] = {
    "scene": ("shape", "across", "away", "width", "depth"),
    "map": ("rows", "steps"),
    "lines": ("place", "until"),
    "tree": ("parent", "label"),
}
FURTHER: Mapping[Kind, tuple[str, ...]] = {
    "scene": ("colour", "label", "size", "seen"),
    "map": ("label", "colours"),
    "lines": ("colour", "label", "shape", "size", "axis"),
    "tree": ("partner", "shape"),
}


class Picture(BaseModel):
    """The picture of a world, by expressions of its model.

    `items` is the list of what is drawn, each in turn `x` in the other expressions. A `scene` shows them from above and
    in space: `shape` ("mug", "can", "bowl", "box", "ball"), `colour`, and where each stands, `across` and `away` on a
    ground of `width` and `depth`, and how much of a picture of it is `seen` to have a `hue` (a distribution); a `map`
    the ways of agents (`steps`, as of `plan`) over its `rows`, with `colours` for the names of cells; `lines` each
    item's `place` at a `time`, until the time `until`; a `tree` who is a `parent` or the `partner` of whom (`x` is … of
    `of`).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind
    items: Code
    rows: Code | None = None
    across: Code | None = None
    away: Code | None = None
    shape: Code | None = None
    colour: Code | None = None
    label: Code | None = None
    size: Code | None = None
    steps: Code | None = None
    place: Code | None = None
    parent: Code | None = None
    partner: Code | None = None
    seen: Code | None = None
    width: Extent | None = None
    depth: Extent | None = None
    until: Extent | None = None
    axis: Label = "place"
    colours: Mapping[str, str] = Field(default_factory=dict)

    @field_validator("size", "across", "away", "place", mode="before")
    @classmethod
    def _number(cls, value: Any) -> Any:
        return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        needed, further = NEEDED[self.kind], FURTHER[self.kind]
        for key in needed:
            if getattr(self, key) is None:
                raise ValueError(f"a picture of kind '{self.kind}' needs '{key}'")
        for key in self.model_fields_set - {"kind", "items", *needed, *further}:
            known = ", ".join(("items", *needed, *further))
            raise ValueError(f"a picture of kind '{self.kind}' has no '{key}'; it has {known}")
        return self

    @field_validator("seen")
    @classmethod
    def _is_distribution(cls, value: str | None) -> str | None:
        node = expression(value) if value is not None else None
        name = node.function.id if isinstance(node, Call) and isinstance(node.function, Name) else ""
        if value is not None and (name not in LIBRARY or LIBRARY[name].category != "distribution"):
            raise ValueError("'seen' is a distribution of the share of a picture, such as normal(visible(hue), 0.01)")
        return value

    def hues(self, lexicon: Lexicon) -> tuple[str, ...]:
        """Return the colours that things may have: the values of the attribute that `colour` is.

        Raises PlotError where the lexicon has no such attribute, or its values are not names.
        """
        for attribute in lexicon.attributes.values():
            if self.colour is None or expression(attribute.value) != expression(self.colour):
                continue
            values = [expression(code) for code in attribute.values.values()]
            found = [node.value for node in values if isinstance(node, Constant) and isinstance(node.value, str)]
            if found and len(found) == len(values):
                return tuple(dict.fromkeys(found))
        hint = "give the picture a 'colour', and the lexicon an attribute with the same 'value' and with 'values'"
        raise PlotError("'seen' is about colours, but this file does not list them", hint=hint)

    def expressions(self) -> Iterator[tuple[tuple[str | int, ...], str, tuple[str, ...]]]:
        """Yield every expression: its key, its text, and the placeholders that it may use."""
        for key, roles in ROLES.items():
            code = getattr(self, key)
            if code is not None:
                yield (key,), code, roles

    @property
    def times(self) -> tuple[float, ...]:
        """The times at which the lines are known, from 0 on."""
        return tuple(round((self.until or 0.0) * step / FRAMES, 6) for step in range(FRAMES + 1))

    @property
    def query(self) -> ProgramNode:
        """The one query whose value, in each particle, is all that is drawn of that world."""
        fields = {key: getattr(self, key) for key in ("across", "away", "shape", "colour", "label", "size", "steps")}
        shown = {"item": "x"} | {key: code for key, code in fields.items() if code is not None}
        if self.place is not None:
            shown["place"] = f"[({self.place}) for time in {list(self.times)}]"
        further = {"rows": self.rows} if self.rows is not None else {}
        if self.kind == "tree":
            for key, code in {"parents": self.parent, "partners": self.partner or "False"}.items():
                further[key] = f"[[x for x in ({self.items}) if ({code})] for of in ({self.items})]"
        record = ", ".join(f'"{key}": ({code})' for key, code in shown.items())
        rest = "".join(f', "{key}": ({code})' for key, code in further.items())
        return parse(f'query({{"items": [{{{record}}} for x in ({self.items})]{rest}}})', "picture")


__all__ = ["FRAMES", "Picture"]

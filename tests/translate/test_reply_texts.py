"""Replies as models write them: drafts and thoughts before them, fences, JSON that is not quite."""

from __future__ import annotations

import json

import pytest

from plot.errors import PlotError
from plot.translate.model.reply import read_reply
from tests.llm.helpers import reply

FINAL = json.dumps(reply('query(strength("tom"))', "question", left_out=["well"]))
DRAFT = json.dumps(reply('query(strength("ann"))', "question"))
CODE = 'query(strength("tom"))'
BARE = "'act': 'Question', 'definitions': None, 'alternatives': null, 'unsure': False"


@pytest.mark.parametrize(
    "text",
    [
        f"{DRAFT}\nNo, that is wrong. Better:\n{FINAL}",
        f"<think>It may be {DRAFT}</think>\n{FINAL}",
        f"<thinking>\n{DRAFT}\n</thinking>{FINAL}",
        f"[THINK]{DRAFT}[/THINK]{FINAL}",
        f"[THINK]{DRAFT}\n{DRAFT}[/THINK]\n\nSo:\n{FINAL}",
        f"◁think▷{DRAFT}◁/think▷{FINAL}",
        f"<|channel|>analysis<|message|>{DRAFT}<|end|><|start|>assistant<|channel|>final<|message|>{FINAL}",
        f"<|channel|>analysis<|message|>{DRAFT}<|end|><|channel|>final <|constrain|>json<|message|>{FINAL}<|return|>",
        f"{FINAL}<|channel|>commentary<|message|>done",
        f"```json\n{DRAFT}\n```\nOr rather:\n```json\n{FINAL}\n```\nI hope that this helps. {{}}",
        f"```python\nquery(1)\n```\nBetter:\n```python\n{CODE}\n```\n",
        f"{FINAL[:-9]}, oh no:\n{FINAL}",
        f"{FINAL[:-1]},}}",
        FINAL.replace('"left_out": ["well"]', '"left_out": ["well",],'),
        FINAL.replace('"question"', '"QUESTION"'),
        FINAL.replace('"question"', '" Question "'),
        FINAL.replace('"definitions": ""', '"definitions": null').replace('"alternatives": []', '"alternatives": null'),
        FINAL.replace('"unsure": false', '"unsure": False').replace('"definitions": ""', '"definitions": None'),
        f"{{{BARE}, 'code': 'query(strength(\"tom\"))'}}",
        f"{{{BARE}, 'code': 'query(strength(\\'tom\\'))'.}}".replace("'.", "'").replace("\\'", '"'),
        json.dumps({"act": "question", "code": [CODE], "left_out": "well"}),
        json.dumps({"act": "question", "code": CODE, "alternatives": {}}),
    ],
)
def test_the_last_complete_object_counts(text: str) -> None:
    found = read_reply(text)
    assert found.code == CODE and found.act in ("question", None)


@pytest.mark.parametrize("share", ["0.3", "30", '"30%"', "30%", "30.0 %", '"0.3"', '" 30 % "'])
def test_shares_as_percentages(share: str) -> None:
    text = '{"act": "question", "code": "query(1)", "alternatives": [{"code": "query(2)", "probability": %s}]}'
    (other,) = read_reply(text % share).alternatives
    assert other.probability == pytest.approx(0.3)


def test_code_with_breaks_and_quotes_stays_as_it_is() -> None:
    text = '{"act": "question", "code": "x = \'a, ]\'\n# it\'s 30%, None\nquery(x)", "unsure": true,}'
    found = read_reply(text)
    assert found.code == "x = 'a, ]'\n# it's 30%, None\nquery(x)" and found.unsure


@pytest.mark.parametrize(
    "text",
    [
        FINAL[:-5],
        f"<think>{FINAL}",
        f"[THINK]Hm.[/THINK][THINK]{FINAL}",
        f"<|channel|>analysis<|message|>{FINAL}",
        '{"act": "question", "definitions": "", "code": "query(1)", "alternatives": [{"code": "query(2)", "proba',
        '{"act": "question", "alternatives": [{"code": "query(2)", "probability": 0.2}], "code": "que',
        "{'act': 'question', 'code': 'it's broken'}",
        "",
        "{}",
        "{" * 3000,
    ],
)
def test_what_is_no_reply_is_told(text: str) -> None:
    with pytest.raises(PlotError, match="reply"):
        read_reply(text)

"""Everything a reader sees exists in English and Japanese: nothing is missing, nothing unused."""

from __future__ import annotations

import ast
import json
import re
import string
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import simulator
from simulator.languages.languages import of_locale, speaking, spoken
from simulator.languages.messages import SENSE, japanese, listed, marked, say
from simulator.metrics import METRICS
from simulator.presentation import calibration_words
from simulator.scenario import load_scenario, numbers, shipped_scenarios
from simulator.scenario.schema import Scenario

ROOT = Path(simulator.__file__).parent
CATALOGUE = ROOT / "languages" / "japanese"
SAYING = {"say", "marked"}


def _texts(node: ast.expr) -> Iterator[str]:
    """Strings that an argument may be: itself, or either side of a choice."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _texts(node.body)
        yield from _texts(node.orelse)


@cache
def said_in(path: Path) -> frozenset[str]:
    """Sentences that a module gives to the catalogue."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    ours = any(
        isinstance(node, ast.ImportFrom)
        and node.module == "simulator.languages.messages"
        and SAYING & {alias.name for alias in node.names}
        for node in ast.walk(tree)
    )
    if not ours:
        return frozenset()
    return frozenset(
        text
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in SAYING
        and node.args
        for text in _texts(node.args[0])
    )


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def of_metrics() -> set[str]:
    """What the registry says of metrics, said with ``say(metric.formula)`` and so on."""
    return {
        text
        for each in METRICS.values()
        for text in (each.numerator, each.denominator, each.rule, each.source, each.formula)
    }


def of_fields(node: Any = None) -> set[str]:
    """Meanings, units and sources of the scenario's fields, as its own schema holds them."""
    node = Scenario.model_json_schema() if node is None else node
    if isinstance(node, list):
        return set().union(*map(of_fields, node))
    if not isinstance(node, dict):
        return set()
    words = (node.get(key) for key in ("description", "unit", "source"))
    inner = (of_fields(value) for key, value in node.items() if key != "default" and value)
    return {word for word in words if isinstance(word, str) and word}.union(*inner)


def of_shipped_scenarios() -> set[str]:
    """What the shipped scenarios ask, stand for and leave open, and their numbers' sources."""
    found = set()
    for path in shipped_scenarios().values():
        loaded = load_scenario(path)
        told = loaded.scenario
        found |= {told.question.strip(), told.stands_for.strip(), *told.not_identifiable}
        found |= {each.source for each in told.observed}
        found |= {text for each in numbers(loaded) for text in (each.source, each.unit)}
    return found - {""}


def of_calibration() -> set[str]:
    """What the page of a calibration says, each by a key."""
    return set(calibration_words.ENGLISH.values())


GATHERED = {
    "metrics": of_metrics,
    "fields": of_fields,
    "shipped scenarios": of_shipped_scenarios,
    "calibration": of_calibration,
}

MODULES = sorted(path for path in ROOT.rglob("*.py") if "languages" not in path.parts)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_sentence_of_a_module_has_a_japanese_one(path: Path) -> None:
    missing = sorted(said_in(path) - set(japanese()))
    assert not missing, json.dumps(missing, ensure_ascii=False, indent=1)


@pytest.mark.parametrize("what", GATHERED)
def test_every_text_of_the_registry_and_the_scenarios_has_a_japanese_one(what: str) -> None:
    found = GATHERED[what]()
    assert len(found) > 100
    missing = sorted(found - set(japanese()))
    assert not missing, json.dumps(missing, ensure_ascii=False, indent=1)


def test_no_japanese_sentence_is_left_over() -> None:
    said = frozenset().union(
        *(said_in(path) for path in MODULES), *(g() for g in GATHERED.values())
    )
    assert not sorted(set(japanese()) - said)


@pytest.mark.parametrize("file", sorted(CATALOGUE.glob("*.json")), ids=lambda file: file.name)
def test_a_file_of_the_catalogue_is_in_order(file: Path) -> None:
    pairs = json.loads(file.read_text(encoding="utf-8"), object_pairs_hook=list)
    keys = [key for key, _ in pairs]
    assert len(set(keys)) == len(keys), "a sentence comes twice"
    elsewhere = {
        key
        for other in CATALOGUE.glob("*.json")
        if other != file
        for key in json.loads(other.read_text(encoding="utf-8"))
    }
    assert not elsewhere & set(keys), "a sentence stands in another file, too"
    for english, text in pairs:
        assert text.strip(), english
        assert places(english.partition(SENSE)[0]) == places(text), english


def test_a_sentence_is_said_in_the_language_that_is_spoken() -> None:
    assert spoken() == "en"
    with speaking("ja"):
        assert say("{low} to {high}", low=1, high=2) != "1 to 2"
        assert say("a sentence that nobody put into Japanese") == (
            "a sentence that nobody put into Japanese"
        )
    assert say("{low} to {high}", low=1, high=2) == "1 to 2"


def test_a_word_of_two_senses_is_shown_without_what_tells_them_apart() -> None:
    assert say("figure¦column") == "figure"
    assert marked("figure¦column") == "figure¦column"


def test_values_are_not_looked_at_again() -> None:
    assert say("{low} to {high}", low="{high}", high="{x}") == "{high} to {x}"


@pytest.mark.parametrize(
    ("variables", "language"),
    [
        ({}, "en"),
        ({"LANG": "ja_JP.UTF-8"}, "ja"),
        ({"LANG": "ja_JP.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LC_MESSAGES": "ja", "LANG": "de_DE"}, "ja"),
    ],
)
def test_the_locale_decides(variables: dict[str, str], language: str) -> None:
    assert of_locale(variables) == language


def test_lists_are_written_as_one_says_them() -> None:
    assert listed(["a", "b", "c"]) == "a, b and c"
    with speaking("ja"):
        assert listed(["a", "b"]) == "a、b"
    assert listed(["a", "b"], language="ja") == "a、b"


def test_no_english_letter_stands_where_japanese_should() -> None:
    """A sentence of several English words in a row was forgotten, not translated."""
    forgotten = re.compile(r"(?:\b[a-z]{3,}\b[ ,]+){4,}")
    assert not [text for text in japanese().values() if forgotten.search(text)]


TOLD = {"tell": 0, "stop": 1}
"""Functions that tell a reader something, and after how many arguments."""


def english_in(node: ast.expr) -> bool:
    """Whether an argument is a sentence that no catalogue could say: an f-string or a literal."""
    if isinstance(node, ast.JoinedStr):
        return any(english_in(part) for part in node.values)
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str) and bool(node.value.strip())
    if isinstance(node, ast.IfExp):
        return english_in(node.body) or english_in(node.orelse)
    if isinstance(node, ast.BinOp):
        return english_in(node.left) or english_in(node.right)
    return False


def told_in_english(tree: ast.AST) -> list[int]:
    """Lines on which something is told as it stands, in English."""
    found = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        if name in TOLD:
            told = node.args[TOLD[name] :]
        elif name == "typer.echo" or name == "execution":
            told = node.args[:1]
        else:
            continue
        found += [node.lineno for each in told if english_in(each)]
    return found


COMMANDS = sorted((ROOT / "commands").glob("*.py"))


@pytest.mark.parametrize("path", COMMANDS, ids=lambda path: path.name)
def test_what_a_command_tells_is_said_in_the_language_of_the_reader(path: Path) -> None:
    assert told_in_english(ast.parse(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    ("code", "lines"),
    [
        ('tell("done")', [1]),
        ('tell(f"{name}: done")', [1]),
        ('tell("a" if x else say("b"))', [1]),
        ('stop(WRONG, "a" + name)', [1]),
        ('execution("runs", workers)', [1]),
        ('tell(say("done"))', []),
        ('stop(WRONG, "", say("a"))', []),
        ("tell(line)", []),
    ],
)
def test_english_that_is_told_as_it_stands_is_found(code: str, lines: list[int]) -> None:
    assert told_in_english(ast.parse(code)) == lines

"""Notebooks and their sources say the same, in English and in Japanese, and show what they say.

That they run is tested by pytest itself: it collects ``notebooks/*.ipynb`` (nbmake).
"""

from __future__ import annotations

import ast
import copy
import itertools
import json
import re
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "notebooks"
_MOST_BYTES = 1_500_000
JAPANESE_LETTER = re.compile(r"[\u3041-\u30ff\u4e00-\u9fff、。「」（）：～]")
_MOST_WORDS_IN_LATIN = 8

sys.path.insert(0, str(FOLDER))

import playing  # noqa: E402
import renew  # noqa: E402
import telling  # noqa: E402

from simulator.experiment import Estimate  # noqa: E402
from simulator.languages.languages import speaking  # noqa: E402

SOURCES = renew.sources()
ENGLISH = [source for source in SOURCES if not renew.is_japanese(source)]
JAPANESE = [source for source in SOURCES if renew.is_japanese(source)]


def named(source: Path) -> str:
    return source.stem


def test_there_are_seven_in_either_language() -> None:
    assert [source.stem[:2] for source in ENGLISH] == [f"0{number}" for number in range(1, 8)]
    assert [renew.in_japanese(source) for source in ENGLISH] == JAPANESE


@pytest.mark.parametrize("source", SOURCES, ids=named)
def test_a_notebook_has_the_cells_of_its_source(source: Path) -> None:
    kept = json.loads(source.with_suffix(".ipynb").read_text(encoding="utf-8"))
    cells = [(cell["cell_type"], "".join(cell["source"])) for cell in kept["cells"]]
    made = [(cell["cell_type"], cell["source"]) for cell in renew.read(source).cells]
    assert cells == made, "run: python notebooks/renew.py"


@pytest.mark.parametrize("source", SOURCES, ids=named)
def test_a_notebook_shows_its_outputs_and_no_machine(source: Path) -> None:
    path = source.with_suffix(".ipynb")
    text = path.read_text(encoding="utf-8")
    assert path.stat().st_size < _MOST_BYTES
    assert not re.search(r"/(home|root|work|tmp|Users)/", text)
    code = [cell for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
    assert all(cell["execution_count"] for cell in code)
    outputs = [output for cell in code for output in cell["outputs"]]
    assert any("image/png" in output.get("data", {}) for output in outputs)
    assert not [each for each in outputs if each["output_type"] == "error"]
    assert not [each for each in outputs if each.get("name") == "stderr"]


# ------------------------------------------------------------------ both languages


class _Languageless(ast.NodeTransformer):
    """Keep of texts with values the values alone, in an order that is no language's own.

    Sentences that ``tell`` is given one after the other are one text: languages break them
    elsewhere.
    """

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        return self._values([node])

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if isinstance(node.func, ast.Name) and node.func.id == "tell":
            runs = itertools.groupby(node.args, key=_is_text)
            node.args = [
                arg for texts, run in runs for arg in ([self._values(run)] if texts else run)
            ]
        self.generic_visit(node)
        return node

    def _values(self, texts: Iterable[ast.expr]) -> ast.Tuple:
        parts = [part for text in texts for part in getattr(text, "values", [])]
        values: list[ast.expr] = []
        for part in parts:
            if isinstance(part, ast.FormattedValue):
                form = ast.Constant(ast.unparse(part.format_spec) if part.format_spec else None)
                value = self.visit(part.value)
                values.append(ast.Tuple([value, form], ast.Load()))
        return ast.Tuple(sorted(values, key=_wordless), ast.Load())


class _Wordless(ast.NodeTransformer):
    """Take out what may be words, or names as well, unless names are kept."""

    def __init__(self, names_kept: bool) -> None:
        self._names_kept = names_kept

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        if not isinstance(node.value, str):
            return node
        is_name = self._names_kept and re.fullmatch(r"[a-z_.]+", node.value)
        return node if is_name else ast.Constant("")


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def _wordless(node: ast.AST, names_kept: bool = True) -> str:
    return ast.dump(_Wordless(names_kept).visit(copy.deepcopy(node)))


def code_of(source: Path) -> list[ast.AST]:
    """Return the code of each cell, with values of texts in an order of their own."""
    cells = [cell["source"] for cell in renew.read(source).cells if cell["cell_type"] == "code"]
    return [_Languageless().visit(ast.parse(re.sub(r"(?m)^%.*$", "", cell))) for cell in cells]


def words_of(tree: ast.AST) -> list[str]:
    nodes = (each for each in ast.walk(tree) if isinstance(each, ast.Constant))
    return [each.value for each in nodes if isinstance(each.value, str)]


@pytest.mark.parametrize("source", ENGLISH, ids=named)
def test_a_notebook_has_the_same_cells_in_both_languages(source: Path) -> None:
    english, japanese = (renew.read(each).cells for each in (source, renew.in_japanese(source)))
    assert [cell["cell_type"] for cell in english] == [cell["cell_type"] for cell in japanese]


@pytest.mark.parametrize("source", ENGLISH, ids=named)
def test_a_notebook_does_the_same_in_both_languages(source: Path) -> None:
    pairs = zip(code_of(source), code_of(renew.in_japanese(source)), strict=True)
    for place, (english, japanese) in enumerate(pairs, start=1):
        cell = f"code cell {place}"
        assert _wordless(english, False) == _wordless(japanese, False), cell
        both = zip(words_of(english), words_of(japanese), strict=True)
        # What is written in ASCII is a name: of a metric, a scenario, a color.
        renamed = [(here, there) for here, there in both if here != there and there.isascii()]
        assert not {pair for pair in renamed if pair[1]} - {("en", "ja")}, cell


@pytest.mark.parametrize("source", ENGLISH, ids=named)
def test_each_language_points_to_the_other_at_the_top(source: Path) -> None:
    other = renew.in_japanese(source)
    tops = [renew.read(each).cells[0]["source"] for each in (source, other)]
    assert f"[日本語]({other.stem}.ipynb)" in tops[0]
    assert f"[English]({source.stem}.ipynb)" in tops[1]


def prose_of(markdown: str) -> str:
    """Return what is read of a text: without code, addresses and tags."""
    tokens = MarkdownIt("commonmark").enable("table").parse(markdown)
    inline = [part for token in tokens for part in token.children or []]
    return "\n".join(part.content for part in inline if part.type == "text")


def english_left(prose: str) -> list[str]:
    """Return runs of Latin words that are long enough for a sentence."""
    return re.findall(rf"(?:[A-Za-z][\w'-]*[ ,;:.]+){{{_MOST_WORDS_IN_LATIN},}}[A-Za-z]\w*", prose)


def test_a_sentence_left_in_english_would_be_found() -> None:
    left = english_left(
        prose_of("表です。\nNobody was asked the question of the whole company here.")
    )
    assert left == ["Nobody was asked the question of the whole company here"]
    assert not english_left(prose_of("`themodel run a b c d e f g h i j`と[a b](c)"))


@pytest.mark.parametrize("source", JAPANESE, ids=named)
def test_japanese_notebooks_are_written_in_japanese(source: Path) -> None:
    for cell in renew.read(source).cells:
        if cell["cell_type"] == "markdown":
            prose = prose_of(cell["source"])
            assert JAPANESE_LETTER.search(prose), cell["source"]
            assert not english_left(prose)
            assert "**" not in prose, "bold that Markdown does not take for bold"


@pytest.mark.parametrize("source", JAPANESE, ids=named)
def test_what_japanese_notebooks_show_is_in_japanese(source: Path) -> None:
    kept = json.loads(source.with_suffix(".ipynb").read_text(encoding="utf-8"))
    outputs = (output for cell in kept["cells"] for output in cell.get("outputs", []))
    for output in outputs:
        shown = "".join(output.get("data", {}).get("text/markdown", []))
        if shown:
            prose = prose_of(shown)
            assert JAPANESE_LETTER.search(prose), shown
            assert not english_left(prose)
            assert "**" not in prose


@pytest.mark.parametrize("source", ENGLISH, ids=named)
def test_sliders_are_named_in_japanese(source: Path) -> None:
    calls = [
        node
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "play"
    ]
    with speaking("ja"):
        names = [
            playing.slider_label(choice.arg or "") for call in calls for choice in call.keywords
        ]
    assert all(JAPANESE_LETTER.search(name) for name in names), names


def test_lines_of_japanese_paragraphs_are_joined_and_other_lines_are_not() -> None:
    kept = "\n\n| 表 |\n|:--|\n| 値 |\n\n```sh\n命令\n次\n```\n\nTwo lines\nof English"
    text = "# 題\n文の\n途中と`a`\n続き\n\n- 項目の\n  続き\n- 次" + kept
    joined = "# 題\n文の途中と`a`続き\n\n- 項目の続き\n- 次" + kept
    assert renew.without_line_breaks(text) == joined


def test_numbers_are_written_as_the_language_writes_them() -> None:
    change = Estimate(5e6, 4e6, 6e6, 20)
    with speaking("en"):
        assert telling.change("mrr_end", change) == "+5.00 M JPY (4.00 to 6.00)"
        assert telling.level("wins", Estimate(20.0, 18.0, 22.0, 20)) == "20.0 (18.0 to 22.0)"
    with speaking("ja"):
        assert telling.change("mrr_end", change) == "+5.00百万円 (4.00～6.00)"
        assert telling.level("wins", Estimate(20.0, 18.0, 22.0, 20)) == "20.0社 (18.0～22.0)"


def test_sentences_stand_as_the_language_writes_them(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []
    monkeypatch.setattr(telling, "display", lambda each: shown.append(each.data))
    with speaking("en"):
        telling.tell("One **2 (1 to 3)**", "and on.")
    with speaking("ja"):
        telling.tell("差は**2円 (1～3)**", "です。")
    assert shown == ["One **2 (1 to 3)** and on.", "差は<strong>2円（1～3）</strong>です。"]

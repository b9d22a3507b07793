"""YAML text becomes plain values, or every surprise in it is named."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from simulator.scenario.scalars import decimal_text, plain_value, shorten
from simulator.scenario.strict_yaml import Position, read_file, read_text


def problems(text: str) -> list[str]:
    return [str(problem) for problem in read_text(text, "f.yaml").problems]


def test_values_keep_the_place_of_their_key_and_of_themselves() -> None:
    document = read_text('a:\n  b: [1, 2.5, "no"]\nc: true\n', "f.yaml")
    assert document.problems == []
    assert document.value == {"a": {"b": [1, 2.5, "no"]}, "c": True}
    assert document.places[("a", "b")].key == Position("f.yaml", 2, 3)
    assert document.places[("a", "b")].value == Position("f.yaml", 2, 6)
    assert document.places[("a", "b", 1)].value == Position("f.yaml", 2, 10)


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("yes", "write true or false"),
        ("No", "write true or false"),
        ("ON", "write true or false"),
        ("off", "write true or false"),
        ("y", "write true or false"),
        ("12:30", "base 60"),
        ("012", "write 12"),
        ("-007.5", "write -7.5"),
        ("00", "write 0"),
        ("0x1F", "write the decimal number 31"),
        ("0b11", "write the decimal number 3"),
        ("0o17", "write the decimal number 15"),
        ("1_000", "write 1000"),
        ("1e-3", "write 0.001"),
        ("1.5E+3", "write 1500"),
        ("1e999", "plain decimals"),
        (".inf", "finite"),
        ("-.INF", "finite"),
        (".nan", "finite"),
        ("2026-01-01", "quote it"),
        ("2026-01-01 10:00:00", "quote it"),
        ("~", "delete the key"),
        ("null", "delete the key"),
        ("", "delete the key"),
        ("9" * 41, "digits"),
    ],
)
def test_a_yaml_surprise_is_refused_with_its_remedy(text: str, remedy: str) -> None:
    found = problems(f"key: {text}\n")
    assert len(found) == 1
    assert found[0].startswith("f.yaml:1:")
    assert remedy in found[0]


@pytest.mark.parametrize("text", ["yes", "12:30", "012", "1e-3", "2026-01-01", "~", "null"])
def test_quotes_make_text_of_a_surprise(text: str) -> None:
    document = read_text(f'key: "{text}"', "f.yaml")
    assert document.problems == []
    assert document.value == {"key": text}


@pytest.mark.parametrize(
    ("text", "value"),
    [("0", 0), ("-3", -3), ("+4", 4), ("0.5", 0.5), (".5", 0.5), ("5.", 5.0), ("TRUE", True)],
)
def test_numbers_and_switches_are_read_in_their_decimal_forms(text: str, value: object) -> None:
    read, rule = plain_value(text)
    assert (read, type(read), rule) == (value, type(value), "")


@pytest.mark.parametrize("key", ["no", "12:30", "2018", "true", "~", "1e-3", "<<"])
def test_a_surprising_key_is_refused_too(key: str) -> None:
    assert len(problems(f"{key}: 1\nother: 2\n")) == 1


def test_duplicate_keys_name_both_lines_and_the_first_stands() -> None:
    document = read_text("a: 1\nb: 2\na: {x: 3}\n", "f.yaml")
    assert document.value == {"a": 1, "b": 2}
    assert ("a", "x") not in document.places
    assert "lines 1 and 3" in document.problems[0].rule


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("a: &x 1\nb: *x\n", "aliases are refused"),
        ("a: &x {b: 1}\n", "anchors are refused"),
        ("a: !!python/object/apply:os.system [ls]\n", "tags are refused"),
        ("a: !!str 3\n", "tags are refused"),
        ("a: 1\n---\nb: 2\n", "several documents"),
        ("", "is empty"),
        ("# only a remark\n", "is empty"),
        ("? [a, b]\n: 1\n", "a key must be text"),
        ("{a: 1}: 2\n", "a key must be text"),
        ("*x : 2\n", "aliases are refused"),
        ("a: b: c\n", "quote a text that holds a colon"),
        ("a:\n\tb: 1\n", "not tabs"),
        ("a: [1, 2\n", "closing bracket"),
        ('a: "\\ud800"\n', "half a character"),
        ('"\\ud800": 1\n', "half a character"),
        ('a: "\\UFFFFFFFF"\n', "cannot be read as YAML"),
        ("a: \x07\n", "control character"),
        ("[" * 3000, "nested deeper"),
        ("? " * 3000, "nested deeper"),
    ],
)
def test_what_a_scenario_never_needs_is_refused(text: str, rule: str) -> None:
    assert rule in " | ".join(problems(text))


def test_an_alias_bomb_costs_no_time() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    for n in range(1, 60):
        lines.append(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]")
    start = time.perf_counter()
    found = problems("\n".join(lines))
    assert time.perf_counter() - start < 5.0
    assert "aliases are refused" in " ".join(found)
    assert len(found) <= 101


def test_too_many_values_stop_the_reading() -> None:
    assert "at most 20,000 values" in problems("a: [" + "1," * 30_000 + "]")[-1]


def test_all_problems_of_a_file_are_reported_at_once() -> None:
    assert len(problems("a: no\nb: 012\nc: ~\na: 1\nd: *x\n")) == 5


def test_a_file_of_50_mb_answers_at_once(tmp_path: Path) -> None:
    file = tmp_path / "large.yaml"
    with file.open("wb") as stream:
        stream.truncate(50_000_000)
    start = time.perf_counter()
    document = read_file(file, "large.yaml")
    assert time.perf_counter() - start < 0.5
    assert "at most 1,000,000" in str(document.problems[0])


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"\x89PNG\r\n\0\0", "binary"),
        (b"a: \xff\xe9\n", "not UTF-8"),
        ("a: 1".encode("utf-16"), "UTF-16"),
        (b"- 1\n- 2\n", "holds a list"),
        (b"hello\n", "holds a single value"),
        (b"", "is empty"),
    ],
)
def test_a_file_that_is_no_scenario_says_what_it_is(tmp_path: Path, data: bytes, rule: str) -> None:
    (tmp_path / "f.yaml").write_bytes(data)
    document = read_file(tmp_path / "f.yaml", "f.yaml")
    assert not document.readable
    assert document.value == {}
    assert [rule in str(problem) for problem in document.problems] == [True]


def test_a_byte_order_mark_is_accepted(tmp_path: Path) -> None:
    (tmp_path / "f.yaml").write_bytes(b"\xef\xbb\xbfa: 1\n")
    document = read_file(tmp_path / "f.yaml", "f.yaml")
    assert (document.value, document.problems) == ({"a": 1}, [])
    assert document.places[("a",)].key == Position("f.yaml", 1, 1)


def test_folders_pipes_and_missing_files_are_named(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "is a folder" in str(read_file(tmp_path, "d").problems[0])
    assert "not a regular file" in str(read_file(tmp_path / "pipe", "p").problems[0])
    assert "no such file" in str(read_file(tmp_path / "absent", "a").problems[0])


def test_an_unreadable_file_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "f.yaml").write_text("a: 1\n")
    # Root may read anything, so the refusal is played.
    monkeypatch.setattr(Path, "open", refuse)
    problem = read_file(tmp_path / "f.yaml", "f.yaml").problems[0]
    assert "cannot be read: Permission denied" in str(problem)


@given(st.floats(allow_nan=False, allow_infinity=False))
@example(1e-320)
@example(1.7976931348623157e308)
def test_plain_decimals_read_back_equal(number: float) -> None:
    text = decimal_text(number)
    assert float(text) == number
    assert "e" not in text


def test_a_long_value_is_shortened_to_one_line() -> None:
    assert shorten("a\nb\x1b" + "c" * 100) == "a b " + "c" * 55 + "…"


@settings(max_examples=300, deadline=2000)
@given(
    st.one_of(
        st.text(max_size=200),
        st.text(alphabet="ab:{}[]-,&*!?|>'\"#%@~<= \n\t0189.e_\\", max_size=200),
    )
)
def test_any_text_is_read_or_refused(text: str) -> None:
    document = read_text(text, "f.yaml")
    assert document.problems or document.value is not None
    assert all(problem.rule and "\n" not in problem.value for problem in document.problems)

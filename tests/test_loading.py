"""Files, their parents and --set become one checked scenario that knows its history."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from simulator.errors import ScenarioError
from simulator.scenario import (
    Scenario,
    diff,
    effective_yaml,
    find,
    json_schema,
    load_scenario,
    numbers,
    scenario_folder,
    shipped_scenarios,
    unsourced,
    write_json_schema,
)
from simulator.scenario.fields import Law as AnyLaw
from simulator.scenario.fields import Lognormal, Part, Weibull, block, choice, law, quantity, share


class Team(Part):
    people: int = quantity(3, "people", "People.", source="s", trust="M", ge=0, le=99)
    share: float = share(0.5, "Share of the day.", source="s", trust="C")
    cost: float = quantity(1.0, "currency", "Cost.", source="s", trust="C", gt=0.0)
    call: AnyLaw = law(
        Lognormal(law="lognormal", unit="hours", median=0.2, p90=0.5),
        "Length of a call.",
        source="s",
        trust="D",
    )


class Step(Part):
    team: str = choice(..., "Which team.")
    day: float = quantity(..., "days", "When.", source="plan", trust="M", ge=0.0)


class Toy(Part):
    question: str = choice("", "Question.")
    stands_for: str = choice("", "Passage.")
    team: Team = block(Team, "The team.")
    channels: dict[str, Team] = quantity(
        {"web": Team(people=5), "ads": Team(people=7)}, "", "Channels.", source="s", trust="M"
    )
    hiring: tuple[Step, ...] = choice((), "Plan.")
    months: float = quantity(12.0, "months", "Length.", source="s", trust="M", ge=0.0)
    active: bool = choice(True, "Switch.")


Write = Callable[[str, str], Path]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    monkeypatch.chdir(tmp_path)

    def save(name: str, text: str) -> Path:
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return save


def toy(path: Path | str, *overrides: str) -> Any:
    return load_scenario(path, overrides, model=Toy)


def refusal(path: Path | str, *overrides: str, model: Any = Toy) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        load_scenario(path, overrides, model=model)
    return [str(problem) for problem in caught.value.problems]


# ------------------------------------------------------------------ extends


def test_a_file_changes_only_what_it_states(write: Write) -> None:
    write("parent.yaml", "question: parent?\nteam: {people: 8, share: 0.4}\nmonths: 6\n")
    child = write("child.yaml", "extends: parent\nquestion: child?\nteam: {share: 0.3}\n")
    scenario = toy(child).scenario
    assert (scenario.team.people, scenario.team.share, scenario.months) == (8, 0.3, 6)
    assert scenario.question == "child?"


def test_the_question_is_never_inherited(write: Write) -> None:
    write("parent.yaml", "question: parent?\nstands_for: x\nmonths: 6\n")
    scenario = toy(write("child.yaml", "extends: parent\n")).scenario
    assert (scenario.question, scenario.stands_for, scenario.months) == ("", "", 6)


def test_lists_and_laws_are_replaced_whole(write: Write) -> None:
    write("p.yaml", "hiring: [{team: a, day: 1}, {team: b, day: 2}]\n")
    child = write(
        "c.yaml",
        "extends: p\nhiring: [{team: c, day: 3}]\n"
        "team: {call: {law: weibull, mean: 1, shape: 2, unit: days}}\n",
    )
    scenario = toy(child).scenario
    assert [step.team for step in scenario.hiring] == ["c"]
    assert scenario.team.call == Weibull(law="weibull", mean=1.0, shape=2.0, unit="days")


def test_a_child_changes_one_channel_and_keeps_the_others(write: Write) -> None:
    write("base.yaml", "months: 6\n")
    scenario = toy(write("c.yaml", "extends: base\nchannels: {ads: {share: 0.1}}\n")).scenario
    assert list(scenario.channels) == ["web", "ads"]
    assert (scenario.channels["ads"].people, scenario.channels["ads"].share) == (7, 0.1)


def test_a_file_that_extends_nothing_states_its_channels_whole(write: Write) -> None:
    scenario = toy(write("own.yaml", "channels: {fair: {people: 1}}\n")).scenario
    assert list(scenario.channels) == ["fair"]


def test_parents_that_disagree_conflict_until_the_child_decides(write: Write) -> None:
    write("a.yaml", "months: 6\nteam: {people: 1}\n")
    write("b.yaml", "months: 6\nteam: {people: 2}\n")
    found = refusal(write("c.yaml", "extends: [a, b]\n"))
    assert found == [
        "b.yaml:2:16: team.people: 2: conflicts with 1 set in a.yaml:2, which c.yaml extends as"
        " well: set the key in c.yaml"
    ]
    decided = write("d.yaml", "extends: [a, b]\nteam: {people: 3}\n")
    assert toy(decided).scenario.team.people == 3


def test_a_common_ancestor_never_conflicts_nor_undoes_a_child(write: Write) -> None:
    write("root.yaml", "months: 6\nteam: {people: 1}\n")
    write("a.yaml", "extends: root\nmonths: 7\n")
    write("b.yaml", "extends: root\nteam: {people: 9}\n")
    scenario = toy(write("c.yaml", "extends: [a, b, root]\n")).scenario
    assert (scenario.months, scenario.team.people) == (7, 9)


def test_a_circle_of_files_is_shown(write: Write) -> None:
    write("a.yaml", "extends: b\n")
    write("b.yaml", "extends: sub/c.yaml\n")
    write("sub/c.yaml", "extends: ../a.yaml\n")
    assert "a.yaml → b.yaml → sub/c.yaml → a.yaml" in refusal("a.yaml")[0]
    write("self.yaml", "extends: self\n")
    assert "self.yaml → self.yaml" in refusal("self.yaml")[0]


def test_a_missing_parent_is_refused_at_its_line(write: Write) -> None:
    write("parent.yaml", "months: 3\n")
    found = refusal(write("c.yaml", "question: x\nextends: [parnt]\n"))
    assert found[0].startswith("c.yaml:2:11: extends: parnt: no such file beside c.yaml")
    assert refusal(write("d.yaml", "extends: {a: 1}\n"))[0].startswith("d.yaml:1:10: extends")


def test_too_many_generations_are_refused(write: Write) -> None:
    write("g0.yaml", "months: 6\n")
    for n in range(1, 13):
        write(f"g{n}.yaml", f"extends: g{n - 1}\n")
    assert toy("g10.yaml").scenario.months == 6
    assert "deeper than 10 files: g11.yaml → g10.yaml" in refusal("g11.yaml")[0]


def test_problems_of_parent_and_child_come_together(write: Write) -> None:
    write("p.yaml", "months: no\n")
    found = refusal(write("c.yaml", "extends: p\nteam: {peopel: 1}\n"))
    assert [line.split(":")[0] for line in found] == ["c.yaml", "p.yaml"]


# ------------------------------------------------------------------ plain words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tem: {people: 1}", "f.yaml:1:1: tem: unknown key (did you mean team?)"),
        ("people: 1", "f.yaml:1:1: people: unknown key (did you mean team.people, channels"),
        ("team.people: 1", "nest the keys"),
        ("team: {people: -1}", "f.yaml:1:16: team.people: -1: must be between 0 and 99"),
        ("team: {cost: 0}", "team.cost: 0: must be above 0 (unit: currency)"),
        ("months: -1", "must be at least 0"),
        ("team: {people: 2.5}", "must be a whole number"),
        ("team: {people: true}", "must be a whole number, got a switch"),
        ("team: {share: 5%}", "must be a number, got text (write 0.05)"),
        ('team: {share: "0.5"}', "take the quotes off"),
        ("team: {share: [1]}", "must be a number, got a list"),
        ("team: 3", "must be a mapping with keys such as people, share, cost, call, got a number"),
        ("active: 1", "must be true or false, got a number"),
        ("question: 3", "must be text, got a number (quote it)"),
        ("hiring: 3", "must be a list, got a number"),
        ("hiring: [{team: a}]", "hiring.0.day: is missing: state day (When)"),
        (
            "team: {call: [1.2, 2.5]}",
            "write for instance {law: lognormal, median: 1.2, p90: 2.5, unit: hours}",
        ),
        ("team: {call: 2}", "{law: constant, value: 2, unit: hours}"),
        ("team: {call: soon}", "must be a law: write for instance {law: lognormal"),
        ("team: {call: {mean: 2}}", "states no law"),
        (
            "team: {call: {law: weibul, unit: days}}",
            "law weibul is not known (did you mean weibull?); laws: constant, exponential,"
            " lognormal, weibull, uniform",
        ),
        (
            "team: {call: {law: exponential, mean: 2}}",
            "f.yaml:1:8: team.call.unit: states no unit: add unit: hours or unit: days",
        ),
        (
            "team: {call: {law: exponential, unit: hours}}",
            "team.call.mean: is missing: an exponential law needs mean",
        ),
        (
            "team: {call: {law: exponential, mean: 2, unit: hour}}",
            "must be one of hours, days (did you mean hours?)",
        ),
        (
            "team: {call: {law: lognormal, median: 3, p90: 2, unit: days}}",
            "p90 (2) must be greater than median (3)",
        ),
        (
            "team: {call: {law: lognormal, mu: 0, sigma: 1, unit: days}}",
            "state a lognormal by median and p90 (median: 1, p90: 3.602)",
        ),
    ],
)
def test_each_mistake_is_named_once_in_plain_words(write: Write, text: str, expected: str) -> None:
    found = refusal(write("f.yaml", text + "\n"))
    assert len(found) == 1
    assert expected in found[0]


def test_a_refused_value_is_not_reported_a_second_time(write: Write) -> None:
    found = refusal(write("f.yaml", "months: 1e-3\nteam: {call: {law: ~}, people: no}\n"))
    assert [line.split(": ")[1] for line in found] == ["months", "team.call.law", "team.people"]


def test_an_error_points_at_the_file_that_set_the_value(write: Write) -> None:
    write("p.yaml", "question: x\nteam:\n  share: 1.5\n")
    found = refusal(write("c.yaml", "extends: p\nteam: {people: 1}\n"))
    assert found[0].startswith("p.yaml:3:10: team.share: 1.5")


def test_a_list_of_the_wrong_length_is_one_problem(write: Write) -> None:
    for weights in ("[1, 2, 3]", "[1, 1, 1, 1, 1, 1]"):
        path = write("f.yaml", f"market: {{arrivals: {{weekday: {weights}}}}}\n")
        found = refusal(path, model=Scenario)
        assert len(found) == 1
        assert "must be a list of 5 values" in found[0]


# ------------------------------------------------------------------ --set


def test_an_override_is_kept_with_old_and_new(write: Write) -> None:
    path = write("f.yaml", "team: {people: 8}\nhiring: [{team: a, day: 1}]\n")
    loaded = toy(path, "team.people=9", "team.share=0.25", "hiring.0.day=4", "channels.web.cost=2")
    assert [(o.key, o.old, o.new, o.where) for o in loaded.overrides] == [
        ("team.people", "8", "9", "--set"),
        ("team.share", "0.5", "0.25", "--set"),
        ("hiring.0.day", "1", "4", "--set"),
        ("channels.web.cost", "1.0", "2", "--set"),
    ]
    assert loaded.scenario.hiring[0].day == 4
    assert (loaded.scenario.channels["web"].people, loaded.scenario.team.people) == (5, 9)


def test_an_override_takes_a_law_in_flow_style(write: Write) -> None:
    path = write("f.yaml", "months: 1\n")
    loaded = toy(path, "team.call={law: exponential, mean: 2, unit: hours}")
    assert loaded.scenario.team.call.mean == 2
    assert toy(path, "team.call.p90=0.9").scenario.team.call.p90 == 0.9


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("team.peple=3", "--set: team.peple: unknown key (did you mean people?)"),
        ("tem.people=3", "unknown key tem (did you mean team?)"),
        ("channels.wev.people=3", "unknown key channels.wev (did you mean web?)"),
        ("team.people.x=3", "unknown key"),
        ("hiring.0.day=3", "is a list of 0"),
        ("team.people", "write key.path=value"),
        ("=3", "write key.path=value"),
        ("team.people=", "has no value"),
        ("team.people=no", "write true or false"),
        ("team.people=012", "write 12"),
        ("team.people=[1", "cannot be read as YAML"),
        ("team.share=7", "--set: team.share: 7: must be between 0 and 1"),
        ("team.call.p90=0.1", "--set: team.call: p90 (0.1) must be greater than median (0.2)"),
        ("extends=base", "belongs into a file"),
    ],
)
def test_a_wrong_override_is_refused(write: Write, override: str, expected: str) -> None:
    found = refusal(write("f.yaml", "months: 1\n"), override)
    assert len(found) == 1
    assert expected in found[0]


@pytest.mark.parametrize("second", ["team.people=9", "team={people: 9}"])
def test_two_overrides_of_one_key_conflict(write: Write, second: str) -> None:
    path = write("f.yaml", "months: 1\n")
    assert "conflicts with --set" in refusal(path, "team.people=8", second)[0]
    assert "conflicts with --set" in refusal(path, second, "team.people=8")[0]


# ------------------------------------------------------------------ where numbers are from


def test_every_number_says_where_it_is_from(write: Write) -> None:
    write(
        "p.yaml",
        "team: {people: 8, share: 0.4}\n"
        "sources:\n"
        "  team: {source: interview, trust: D}\n"
        "  team.share: {source: time study, trust: B}\n",
    )
    path = write("c.yaml", "extends: p\nmonths: 6\nsources: {months: {source: plan, trust: M}}\n")
    loaded = toy(path, "team.cost=2", "channels.ads.call.p90=3")
    found = {n.path: n for n in numbers(loaded)}
    people, part, ads = found["team.people"], found["team.share"], found["channels.ads.call"]
    assert (people.source, people.trust, people.where) == ("interview", "D", "p.yaml:1")
    assert (part.source, part.trust, part.unit) == ("time study", "B", "share")
    assert (found["months"].source, found["months"].where) == ("plan", "c.yaml:2")
    assert (found["team.cost"].source, found["team.cost"].where) == ("", "--set")
    assert (ads.value, ads.unit, ads.where) == ("lognormal(median=0.2, p90=3)", "hours", "--set")
    assert (found["channels.web.people"].meaning, found["channels.web.people"].where) == (
        "People.",
        "default",
    )
    assert (found["active"].value, found["active"].is_number) == (True, False)
    assert "question" not in found
    assert unsourced(loaded) == []
    assert loaded.notes == ()


def test_a_number_without_a_source_is_noted(write: Write) -> None:
    write("p.yaml", "team: {people: 8}\nactive: false\n")
    path = write("c.yaml", "extends: p\nteam: {share: 0.1}\nsources: {team: {source: x, trust: A}}")
    loaded = toy(path)
    assert [n.path for n in unsourced(loaded)] == ["team.people"]
    assert loaded.notes == ("no source is stated for 1 number(s) set in files: team.people",)


@pytest.mark.parametrize(
    ("block_text", "expected"),
    [
        ("{month: {source: x, trust: A}}", "does not set (did you mean months?)"),
        ("{team: {source: x, trust: A}}", "names a key that this file does not set"),
        ("{months: {source: x, trust: Z}}", "must be one of A, B, C, D, M, calc"),
        ("{months: {source: x}}", "sources.months.trust: is missing"),
        ("{months: {source: 3, trust: A}}", "must be text"),
        ("{months: {source: x, trust: A, trst: B}}", "unknown key (did you mean trust?)"),
        ("{months: from the plan}", "must say {source"),
        ("[months]", "must be a mapping"),
    ],
)
def test_a_wrong_sources_block_is_refused(write: Write, block_text: str, expected: str) -> None:
    found = refusal(write("f.yaml", f"months: 6\nsources: {block_text}\n"))
    assert len(found) == 1
    assert expected in found[0]


def test_a_difference_names_both_places(write: Write) -> None:
    a = toy(write("a.yaml", "months: 6\n"))
    b = toy(write("b.yaml", "question: why\nmonths: 7\nhiring: [{team: x, day: 1}]\n"))
    assert [(d.path, d.a, d.b, d.where_a, d.where_b) for d in diff(a, b)] == [
        ("months", 6.0, 7.0, "a.yaml:1", "b.yaml:2"),
        ("hiring.0.team", None, "x", "", "b.yaml:3"),
        ("hiring.0.day", None, 1.0, "", "b.yaml:3"),
    ]


# ------------------------------------------------------------------ finding and writing


def test_a_missing_scenario_gets_the_nearest_name(write: Write) -> None:
    write("company.yaml", "months: 1\n")
    assert "did you mean company.yaml?" in refusal("compny.yaml")[0]
    assert find("company") == Path("company.yaml")
    assert "no such file" in refusal("a\0b")[0]
    assert "no such file" in refusal("")[0] or "folder" in refusal("")[0]


def test_a_shipped_scenario_is_found_by_name_from_anywhere(
    write: Write, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shipped = tmp_path / "shipped"
    write("shipped/base.yaml", "months: 5\n")
    write("work/base/x.txt", "a folder that is in the way\n")
    monkeypatch.setattr("simulator.scenario.loading.scenario_folder", lambda: shipped)
    monkeypatch.chdir(tmp_path / "work")
    for name in ("base", "base.yaml", "scenarios/base.yaml"):
        assert find(name) == shipped / "base.yaml"
    mine = write("base.yaml", "extends: base\n")
    loaded = toy(mine)
    assert (loaded.scenario.months, loaded.files) == (5, ("scenarios/base.yaml", "base.yaml"))
    assert "did you mean base?" in refusal("bose")[0]


@pytest.mark.parametrize("name", sorted(shipped_scenarios()))
def test_a_shipped_scenario_is_sound(name: str) -> None:
    loaded = load_scenario(name)
    assert loaded.scenario.question
    assert loaded.scenario.stands_for
    assert unsourced(loaded) == []
    jsonschema.Draft7Validator(json_schema()).validate(
        yaml.safe_load(loaded.path.read_text("utf-8"))
    )


def test_the_effective_scenario_loads_again_to_an_equal_one(write: Write) -> None:
    scenario = toy(
        write("f.yaml", 'question: "no: 1e-3"\nchannels: {"012": {cost: 0.0000001}}\n')
    ).scenario
    assert toy(write("again.yaml", effective_yaml(scenario))).scenario == scenario


@pytest.mark.parametrize("name", [None, *sorted(shipped_scenarios())])
def test_every_effective_scenario_loads_again(write: Write, name: str | None) -> None:
    scenario = load_scenario(name).scenario if name else Scenario()
    path = write("again.yaml", effective_yaml(scenario))
    assert load_scenario(path).scenario == scenario


@given(st.text(max_size=30))
@example("\x85")
@example("a\u2028 b\n\n c ")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=2000)
def test_any_question_survives_writing_and_loading(tmp_path: Path, text: str) -> None:
    path = tmp_path / "f.yaml"
    path.write_text(effective_yaml(Toy(question=text)), encoding="utf-8", newline="")
    assert toy(path).scenario.question == text


def test_the_json_schema_is_draft_7_and_knows_partial_files() -> None:
    for model in (Toy, Scenario):
        schema = json_schema(model)
        jsonschema.Draft7Validator.check_schema(schema)
        text = json.dumps(schema)
        assert not any(f'"{word}"' in text for word in ("$defs", "prefixItems", "discriminator"))
    check = jsonschema.Draft7Validator(json_schema(Toy))
    assert check.is_valid({"extends": ["base"], "team": {"people": 1}})
    assert check.is_valid({"months": 1, "sources": {"months": {"source": "x", "trust": "A"}}})
    assert not check.is_valid({"team": {"peple": 1}})
    assert not check.is_valid({"team": {"people": -1}})
    assert not check.is_valid({"team": {"call": {"law": "exponential", "mean": 1}}})
    assert check.is_valid({"team": {"call": {"law": "exponential", "mean": 1, "unit": "days"}}})


def test_the_json_schema_in_the_repository_is_current(tmp_path: Path) -> None:
    write_json_schema(tmp_path / "schema.json")
    current = (scenario_folder() / "scenario.schema.json").read_text("utf-8")
    assert current == (tmp_path / "schema.json").read_text("utf-8"), (
        'run: python -c "from simulator.scenario import *; '
        "write_json_schema('scenarios/scenario.schema.json')\""
    )


KEYS = st.sampled_from(
    ["team", "people", "call", "law", "unit", "channels", "extends", "sources", "months", "x.y", ""]
)
VALUES: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
    | st.sampled_from(["lognormal", "hours", "f", "base"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@settings(
    max_examples=100,
    deadline=3000,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.dictionaries(KEYS, VALUES, max_size=5), st.lists(st.text(max_size=12), max_size=2))
def test_any_file_loads_or_is_refused(
    tmp_path: Path, content: dict[str, Any], overrides: list[str]
) -> None:
    path = tmp_path / "f.yaml"
    path.write_text(json.dumps(content), encoding="utf-8")
    for model in (Toy, Scenario):
        with contextlib.suppress(ScenarioError):
            load_scenario(path, overrides, model=model)


@pytest.mark.parametrize("line", ["key_{n}: {n}", "key_{n}: no", "k{n}: {{source: x, trust: A}}"])
def test_ten_thousand_mistakes_are_refused_in_bounded_time(write: Write, line: str) -> None:
    lines = [line.format(n=n) for n in range(9_000 if "{{" not in line else 3_000)]
    text = "\n".join(lines) if "{{" not in line else "sources:\n  " + "\n  ".join(lines)
    path = write("f.yaml", text + "\n")
    start = time.perf_counter()
    refusal(path, model=Scenario)
    assert time.perf_counter() - start < 20.0

"""The scenarios about measures hold the decisions that follow from their measures."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from simulator.scenario import load_scenario
from simulator.scenario.behavior import Decisions

FOLDER = Path(__file__).parents[1] / "scenarios"
spec = importlib.util.spec_from_file_location("derive", FOLDER / "derive.py")
assert spec is not None
assert spec.loader is not None
derive = importlib.util.module_from_spec(spec)
spec.loader.exec_module(derive)


@pytest.mark.parametrize("name", derive.DERIVED)
def test_decisions_are_what_the_search_finds_now(name: str) -> None:
    text = (FOLDER / f"{name}.yaml").read_text(encoding="utf-8")
    assert derive.written(text, name, derive.derived(name)) == text, (
        "python scenarios/derive.py renews the file"
    )


def test_what_is_written_over_are_decisions_and_their_source_alone() -> None:
    text = (FOLDER / "divisional.yaml").read_text(encoding="utf-8")
    other = derive.written(text, "divisional", {"field_sales.promise": 0.5})
    before, after = text.splitlines(), other.splitlines()
    kept = before[: before.index("decisions:")]
    assert after[: len(kept)] == kept
    assert "    promise: 0.5" in after
    assert "mql_cutoff" not in other
    assert [line for line in after if line.startswith("  kpi:")] == [
        line for line in before if line.startswith("  kpi:")
    ]


def test_a_file_without_decisions_is_not_written_over() -> None:
    with pytest.raises(SystemExit, match="no decisions"):
        derive.written("kpi: {marketing: 0.0}\n", "x", {"field_sales.promise": 0.5})


def test_divisional_departments_press_their_own_numbers() -> None:
    found = load_scenario("divisional").scenario.decisions
    usual = Decisions()
    assert found.marketing.mql_cutoff < usual.marketing.mql_cutoff
    assert found.inside_sales.booking_cutoff < usual.inside_sales.booking_cutoff
    assert found.field_sales.promise > usual.field_sales.promise
    assert found.customer_success.proactive_share < usual.customer_success.proactive_share

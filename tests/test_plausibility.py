"""The default company can exist: its outputs lie in published ranges that are not its inputs."""

from __future__ import annotations

import re

import pytest

from simulator.metrics import METRICS
from simulator.plausibility import PUBLISHED, Plausible, PublishedRange, hold_against_published
from simulator.scenario import load_scenario, numbers


@pytest.fixture(scope="module")
def company() -> list[Plausible]:
    return hold_against_published(seed=1, replications=6, workers=1)


def test_every_output_of_the_default_company_lies_in_its_published_range(
    company: list[Plausible],
) -> None:
    outside = [
        f"{each.published.metric} {each.simulated.mean:.3g} not in "
        f"{each.published.low:g}..{each.published.high:g}"
        for each in company
        if not each.passed
    ]
    assert not outside


def test_ranges_name_known_metrics_once_and_are_ranges() -> None:
    names = [each.metric for each in PUBLISHED]
    assert len(names) == len(set(names))
    assert set(names) <= set(METRICS)
    assert all(each.low < each.high for each in PUBLISHED)


def test_no_publisher_of_a_range_is_the_source_of_an_input() -> None:
    inputs = " ".join(n.source for n in numbers(load_scenario("base")) if n.is_number)
    for each in PUBLISHED:
        publisher = re.split(r"[:,0-9]", each.source)[0].strip()
        # Bridge Group and Olist publish many figures; inputs use others of theirs, by year.
        if publisher not in ("Bridge Group", "Olist", "Japanese listed SaaS companies"):
            assert publisher not in inputs, each.metric
        assert each.source not in inputs


def test_a_mean_outside_the_range_does_not_pass(company: list[Plausible]) -> None:
    each = company[0]
    narrow = PublishedRange(each.published.metric, 2.0, 3.0, "share", "nobody", "D")
    assert each.passed
    assert not Plausible(narrow, each.simulated).passed

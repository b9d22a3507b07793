"""The page of a calibration: everything is on it, its numbers are those of the fit, and it is safe.

A small company is made up here: 900 inquiries of three channels (two of them with names that no
page should trust), opportunities that are won, lost and open, contracts, owners, and a weekend.
"""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from simulator.calibration import drafting
from simulator.calibration.estimates import Finding, FindingKind, back
from simulator.calibration.estimating.regimes import Change
from simulator.calibration.estimating.survival import incidence
from simulator.calibration.fitting import Calibrated, Told, tell
from simulator.calibration.importing.cleaning import LEFT_OUT, VALUE_LEFT_OUT, Count, Unusable
from simulator.calibration.importing.imported import Imported
from simulator.calibration.matching import Knob, Matched, target_of
from simulator.calibration.records import (
    NONE,
    Act,
    Activities,
    Contracts,
    Leads,
    LossReason,
    Opportunities,
    Outcome,
    Records,
    nothing,
)
from simulator.calibration.working_time import WorkingTime, weekday_of
from simulator.languages.languages import speaking
from simulator.presentation import calibration_gaps as gaps
from simulator.presentation import calibration_words as catalogue
from simulator.presentation.calibration_charts import Strip, band, weeks_of
from simulator.presentation.calibration_report import report
from simulator.presentation.report_parts import clean, significant, written
from simulator.presentation.vector_drawing import (
    Axis,
    log_ticks,
    logarithm,
    root,
    root_ticks,
    ticks,
)

EVIL, JAPANESE, PLAIN = "<script>alert(1)</script>", "展示会・セミナー", "web_site"
CHANNELS = (EVIL, JAPANESE, PLAIN)
COMMAND = "themodel calibrate leads.csv '<b>deals</b>.csv' --seed 7 -o our.yaml"
SECTIONS = (
    "verdict", "arrivals", "conversion", "fits", "cohorts", "numbers", "people", "deals", "losses",
    "recycling", "churn", "dropped", "untold", "findings", "again",
)  # fmt: skip


# ------------------------------------------------------------------ a made-up company


def company(seed: int = 3, n: int = 900, days: float = 400.0) -> Records:
    rng = np.random.default_rng(seed)
    created = np.sort(rng.uniform(0.0, days, n))
    channel = rng.choice(3, n, p=[0.2, 0.3, 0.5])
    meets = rng.random(n) < 0.5
    converted = np.where(meets, created + rng.lognormal(1.0, 0.6, n), np.nan)
    converted[converted > days] = np.nan
    lead = np.flatnonzero(np.isfinite(converted))
    opened = converted[lead]
    k = len(lead)
    ends = opened + rng.lognormal(2.5, 0.5, k)
    wins = rng.random(k) < 0.35
    done = ends <= days
    outcome = np.where(done, np.where(wins, Outcome.WON, Outcome.LOST), Outcome.OPEN)
    won = np.full(n, np.nan)
    won[lead[done & wins]] = ends[done & wins]
    reason = np.where(
        outcome == Outcome.LOST, rng.choice([0, 1, 2, 3, 4, 5], k), NONE
    )  # fmt: skip
    nan, nobody = np.full(n, np.nan), rng.integers(0, 4, n)
    leads = Leads(created, channel, nobody, converted, won, nan)
    deals = Opportunities(
        lead, channel[lead], rng.integers(0, 6, k), opened, np.where(done, ends, np.nan),
        outcome.astype(np.int64), np.round(rng.lognormal(11.0, 0.5, k)), reason.astype(np.int64),
        np.full(k, NONE), np.zeros(k, dtype=np.bool_),
    )  # fmt: skip
    start = ends[done & wins]
    stay = rng.exponential(150.0, len(start))
    gone = start + np.ceil(stay / 20.0) * 20.0
    contracts = Contracts(start, np.where(gone <= days, gone, np.nan), np.full(len(start), 5e4))
    calls = np.sort(rng.uniform(0.0, days, 500))
    acts = Activities(
        calls, np.full(500, int(Act.CALL)), rng.integers(0, n, 500), np.full(500, NONE),
        rng.integers(0, 2, 500),
    )  # fmt: skip
    time = WorkingTime(date(2023, 4, 3))
    stamps = time.stamps(created)
    weekday = weekday_of(stamps)
    weekday[:5] = 6  # came on a Sunday
    month = stamps.astype("datetime64[M]").astype(np.int64) % 12 + 1
    return Records(
        time, days, days, CHANNELS, (), 4, 6, leads, deals, nothing()[2], acts, contracts,
        weekday, month, False, "JPY", "monthly",
    )  # fmt: skip


def draft_of(records: Records, told: Told) -> drafting.Draft:
    stated = drafting.of_market(records, told.arrivals)
    stated += drafting.of_people(records, told.people, told.arrivals)
    stated += drafting.of_deals(records, told.deals)
    stated += drafting.of_start(records, records.until)
    return drafting.Draft(drafting.assembled(stated), tuple(stated))


def matched_of(told: Told) -> Matched:
    """Runs that show the files' figures but for the last one, which they miss by far."""
    found = [target_of(each, PLAIN) for each in told.conversions.lead_to_win_by_channel]
    found += [target_of(each, percent=50.0) for each in told.conversions.days_to_win]
    errors = np.array([each.error for each in found])
    reached = np.array([each.value for each in found])
    reached[-1] += 5.0 * errors[-1]
    knob = Knob("work.field_sales.win_intercept", "linear", -1.2, 0.3, 3.0, -20.0, 20.0)
    return Matched(
        (knob,), np.array([-1.0]), np.array([[0.04]]), tuple(found), reached, errors, 25.0, 4, 96
    )


@pytest.fixture(scope="module")
def calibrated() -> Calibrated:
    records = company()
    told = tell(records)
    draft = draft_of(records, told)
    return Calibrated(
        records, told, told.arrivals.since, draft.scenario, draft.stated, draft, matched_of(told),
        (*told.findings(), Finding("trend", f"Of {EVIL} and {JAPANESE}.")),
        drafting.not_identifiable(records, told.churn is not None), 7,
    )  # fmt: skip


def imported_of(records: Records) -> Imported:
    counts = (
        Count("leads.csv", "leads", 1_000, 900, {"duplicate_row": 60, "unreadable_date": 40}, {}),
        Count("<b>deals</b>.csv", "opportunities", 470, 460, {"negative_amount": 10},
              {"implausible_date": 2}),
    )  # fmt: skip
    unusable = (
        *(Unusable("leads.csv", 11 + i, "作成日", "unreadable_date", LEFT_OUT, "31.31.2023")
          for i in range(40)),
        Unusable("<b>deals</b>.csv", 7, "<i>close</i>", "implausible_date", VALUE_LEFT_OUT,
                 "=cmd|'<img src=x>'"),
    )  # fmt: skip
    findings = (Finding("dropped", "60 of 1,000 rows of leads.csv were left out: there twice."),)
    return Imported(records, unusable, counts, findings, 0.04)


@pytest.fixture(scope="module")
def page(calibrated: Calibrated) -> str:
    return report(
        calibrated, imported_of(calibrated.records), title="our <company>", command=COMMAND,
        version="9.9.9",
    )  # fmt: skip


# ------------------------------------------------------------------ reading it as a browser does

VOID = {"meta", "br", "wbr", "hr", "img", "input", "link"}
SHAPES = {"line", "rect", "circle", "polygon", "polyline"}


@dataclass
class Grid:
    """A table of the page: its caption, headings, and the text and exact values of each cell."""

    section: str
    caption: str = ""
    headings: list[str] = field(default_factory=list)
    scopes: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    exact: list[list[float | None]] = field(default_factory=list)

    def row(self, name: str) -> dict[str, float | None]:
        at = [row[0] for row in self.rows].index(name)
        return dict(zip(self.headings, self.exact[at], strict=True))


class Page(HTMLParser):
    """Reads a page and insists that every element is closed where it belongs."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[tuple[str, dict[str, str]]] = []
        self.ids: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.sections: dict[str, str] = {}
        self.grids: list[Grid] = []
        self.text: list[str] = []
        self.pictures: list[dict[str, str]] = []
        self._in_cell = False
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.attributes += [(tag, name, value) for name, value in found.items()]
        if "id" in found:
            self.ids.append(found["id"])
        if tag == "section":
            self.sections[found["id"]] = ""
        if tag == "svg":
            self.pictures.append(found)
        if tag == "table":
            self.grids.append(Grid(list(self.sections)[-1]))
        grid = self.grids[-1] if self.grids else None
        if grid is not None and self.inside("table"):
            if tag == "tr" and self.inside("tbody"):
                grid.rows.append([])
                grid.exact.append([])
            if tag in ("th", "td"):
                if tag == "th":
                    grid.scopes.append(found.get("scope", ""))
                if self.inside("thead"):
                    grid.headings.append("")
                else:
                    grid.rows[-1].append("")
                    grid.exact[-1].append(None)
            if tag == "data":
                grid.exact[-1][-1] = float(found["value"])
        if tag not in VOID:
            self.open.append((tag, found))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in SHAPES, f"{tag} is closed as only shapes may be"
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open[-1][0] == tag, f"</{tag}> closes {self.open[-1][0]}"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        if self.inside("style"):
            return
        self.text.append(data)
        if self.sections:
            self.sections[list(self.sections)[-1]] += data
        if not self.grids or not self.inside("table") or self.inside("svg"):
            return
        grid = self.grids[-1]
        hidden = any(found.get("class") in ("under", "aside") for _, found in self.open)
        if self.inside("caption") and not hidden:
            grid.caption += data
        elif self.inside("thead") and self.inside("th") and not hidden:
            grid.headings[-1] += data
        elif (self.inside("th") or self.inside("td")) and not hidden:
            grid.rows[-1][-1] += data

    def inside(self, tag: str) -> bool:
        return any(each == tag for each, _ in self.open)

    def grid(self, section: str, caption: str) -> Grid:
        found = [
            each
            for each in self.grids
            if each.section == section and each.caption.strip() == caption
        ]
        captions = [each.caption for each in self.grids if each.section == section]
        assert len(found) == 1, f"{caption} is not one of {captions}"
        return found[0]


@pytest.fixture(scope="module")
def read(page: str) -> Page:
    return Page(page)


def words(page: Page) -> str:
    return " ".join("".join(page.text).split()).replace("\u00a0", " ")


# ------------------------------------------------------------------ what is on it


def test_every_section_is_there_in_order_and_says_something(read: Page) -> None:
    assert tuple(read.sections) == SECTIONS
    for name, text in read.sections.items():
        assert len(text.split()) > 5, name


def test_every_link_leads_to_a_place_on_the_page_and_no_place_has_two_names(read: Page) -> None:
    assert len(read.ids) == len(set(read.ids))
    links = [value for tag, name, value in read.attributes if (tag, name) == ("a", "href")]
    assert len(links) == len(SECTIONS) - 1  # all but the verdict, which stands above them
    for link in links:
        assert link.removeprefix("#") in read.ids


def test_the_verdict_says_how_many_since_when_how_many_sign_and_how_fast(
    calibrated: Calibrated, read: Page
) -> None:
    told = calibrated.told
    conversion = told.conversions.lead_to_win
    median = told.conversions.days_to_win[2]
    assert conversion is not None
    assert median.key == "days_to_win.p50"
    said = " ".join(read.sections["verdict"].split()).replace("\u00a0", " ")
    assert f"{told.arrivals.total.n:,} inquiries came since 3 April 2023" in said
    value, low, high = (f"{100 * x:.1f}" for x in (conversion.value, conversion.low,
                                                   conversion.high))  # fmt: skip
    assert f"{value} % of inquiries ({low} to {high} %) have signed" in said
    assert f"within {significant(median.value)} business days" in said
    inside = len(calibrated.matched.targets) - 1 if calibrated.matched is not None else -1
    assert f"show {inside} of {inside + 1} figures inside" in said
    assert "the farthest off is inquiry to contract, 90 % within, by 5.0 standard errors" in said
    assert "Not told by these files" in said
    assert "capacity" in said
    named = re.search(
        r"Surest: .+ \(±(\d+) %\), .+ \(±(\d+) %\)\. Least sure: .+ \(±(\d+) %\)", said
    )
    assert named is not None
    surest, next_to_it, unsure = (int(each) for each in named.groups())
    assert surest <= next_to_it < unsure


def test_every_number_with_an_interval_is_in_the_table_as_the_scenario_has_it(
    calibrated: Calibrated, read: Page
) -> None:
    grid = read.grid("numbers", "Numbers that the files told with an interval")
    stated = [each for each in calibrated.ahead.stated if each.estimate is not None]
    assert len(stated) >= 6
    assert [row[0] for row in grid.rows] == [each.path for each in stated]
    for each in stated:
        assert each.estimate is not None
        exact = grid.row(each.path)
        assert exact["estimate"] == each.value
        assert exact["cases"] == each.estimate.n
        text = dict(zip(grid.headings, grid.rows[stated.index(each)], strict=True))
        assert text["method"] == each.estimate.method
        low, high = (float(x.replace(",", "")) for x in text["95 % interval"].split(" to "))
        assert low == pytest.approx(each.estimate.low, rel=6e-4)
        assert high == pytest.approx(each.estimate.high, rel=6e-4)


def test_rates_and_conversions_are_those_of_the_fit(calibrated: Calibrated, read: Page) -> None:
    rates = read.grid("arrivals", "Rates in the recent regime")
    assert rates.row("all channels")["estimate"] == calibrated.told.arrivals.total.value
    for each in calibrated.told.arrivals.per_day:
        assert rates.row(each.key.removeprefix("leads_per_day."))["estimate"] == each.value
    grid = read.grid("conversion", "Inquiry to contract, by channel")
    for each in calibrated.told.conversions.lead_to_win_by_channel:
        row = grid.row(each.key.removeprefix("lead_to_win."))
        assert row["files"] == each.value
        assert row["cases"] == each.n


def test_what_runs_show_stands_beside_the_files_off_its_scale(
    calibrated: Calibrated, read: Page
) -> None:
    matched = calibrated.matched
    assert matched is not None
    shown = {
        f"{target.key}": back(float(reached), target.scale)
        for target, reached in zip(matched.targets, matched.reached, strict=True)
    }
    grid = read.grid("conversion", "Inquiry to contract, by channel")
    for name in CHANNELS:
        assert grid.row(name)["runs"] == pytest.approx(shown[f"lead_to_win.{name}"])
        assert grid.row(name)["apart"] == pytest.approx(0.0)
    days = read.grid(
        "conversion", "Inquiry to contract: how long it takes those that get there by then"
    )
    last = days.row("90 % within")
    assert last["runs"] == pytest.approx(shown["days_to_win.p90"])
    assert last["apart"] == pytest.approx(-5.0)


def test_only_the_figure_that_runs_miss_is_called_outside(page: str) -> None:
    assert page.count('<span class="aside"> outside the interval</span>') == 1


def test_each_transition_has_its_curve_and_every_law_by_aic(
    calibrated: Calibrated, read: Page
) -> None:
    assert len(calibrated.told.durations) == 4
    for each in calibrated.told.durations:
        grid = read.grid("fits", f"Laws tried for {each.name}")
        assert [row[0] for row in grid.rows] == [fit.law for fit in each.fits]
        assert [row[1] for row in grid.exact] == [fit.aic for fit in each.fits]
        assert [row[2] for row in grid.exact] == [fit.distance for fit in each.fits]
        assert [row[4] for row in grid.rows] == ["yes" if f.fits else "no" for f in each.fits]
        assert f"Curve of {each.name}" in " ".join(p.get("aria-label", "") for p in read.pictures)


def test_where_no_law_fits_the_page_warns_at_the_top_and_at_the_curve(
    calibrated: Calibrated,
) -> None:
    first, *others = calibrated.told.durations
    unfit = replace(first, best=None, fits=tuple(replace(f, fits=False) for f in first.fits))
    told = replace(calibrated.told, durations=(unfit, *others))
    text = report(
        replace(calibrated, told=told), imported_of(calibrated.records), title="t", command="c",
        version="v",
    )  # fmt: skip
    found = re.findall(r'<p class="warning">.*?</p>', text, re.S)
    assert len(found) == 2
    assert first.name in found[0]
    assert first.fits[0].law in found[1]
    assert "Warning:" in found[1]


def test_where_runs_cannot_show_the_files_the_verdict_warns(calibrated: Calibrated) -> None:
    missed = replace(calibrated, findings=(Finding("misfit", "Runs do not show days_to_win.p90."),))
    text = report(missed, imported_of(missed.records), title="t", command="c", version="v")
    found = re.findall(r'<p class="warning">.*?</p>', text, re.S)
    assert "do not trust what hangs on it" in found[0]
    assert "by 5.0 standard errors" in found[0]
    assert "Runs do not show days_to_win.p90." in text


def test_every_kind_of_finding_is_shown(calibrated: Calibrated) -> None:
    kinds: tuple[FindingKind, ...] = get_args(FindingKind)
    all_of_them = replace(
        calibrated, findings=tuple(Finding(kind, f"About {kind} it says.") for kind in kinds)
    )
    text = report(all_of_them, imported_of(calibrated.records), title="t", command="c", version="v")
    for kind in kinds:
        assert f"About {kind} it says." in text


def test_cohorts_are_those_of_the_fit(calibrated: Calibrated, read: Page) -> None:
    cohorts = calibrated.told.conversions.cohorts
    grid = read.grid("cohorts", "Months in which inquiries came")
    assert [row[0] for row in grid.rows] == list(cohorts["month"])
    assert [row[1] for row in grid.exact] == list(cohorts["cases"])
    assert [row[2] for row in grid.exact] == list(cohorts["won"])
    assert [row[4] for row in grid.exact] == list(cohorts["conversion"])


def test_a_month_whose_wins_were_not_recorded_shows_a_dash_and_why(calibrated: Calibrated) -> None:
    cohorts = calibrated.told.conversions.cohorts.copy()
    for column in ("conversion", "low", "high"):
        cohorts.loc[0, column] = np.nan
    cohorts.loc[0, "complete"] = False
    conversions = replace(calibrated.told.conversions, cohorts=cohorts)
    changed = replace(calibrated, told=replace(calibrated.told, conversions=conversions))
    text = report(changed, imported_of(calibrated.records), title="t", command="c", version="v")
    grid = Page(text).grid("cohorts", "Months in which inquiries came")
    assert grid.rows[0][4:] == ["–", "–", "–"]
    assert grid.rows[1][4] != "–"
    assert "wins were not recorded from the beginning" in text
    assert "nan" not in text.lower().replace("financ", "")


def test_people_are_numbers_with_their_own_counts(calibrated: Calibrated, read: Page) -> None:
    records = calibrated.records
    grid = next(
        each for each in read.grids
        if each.section == "people" and each.caption.startswith("Field sales: cases")
    )  # fmt: skip
    assert [row[0] for row in grid.rows] == [f"FS-{k + 1}" for k in range(6)]
    deals = records.opportunities
    for k in range(6):
        row = grid.row(f"FS-{k + 1}")
        assert row["began"] == np.count_nonzero(deals.owner == k)
        assert row["won"] == np.count_nonzero((deals.owner == k) & (deals.outcome == Outcome.WON))
    assert "IS-4" in words(read)
    assert "IS-5" not in words(read)


def test_losses_churn_and_deals_are_those_of_the_fit(calibrated: Calibrated, read: Page) -> None:
    told = calibrated.told
    grid = read.grid("losses", "Reasons among losses that have one")
    for each in told.losses.reasons:
        name = each.key.removeprefix("loss_reason.").replace("_", " ")
        assert grid.row(name)["estimate"] == each.value
    assert len(told.losses.reasons) == len(LossReason) - 1
    assert told.churn is not None
    churn = read.grid("churn", "Chance of leaving, a month")
    assert [row[1] for row in churn.exact][: len(told.churn.bands)] == [
        each.value for each in told.churn.bands
    ]
    assert churn.rows[0][0] == "months 1 to 3"
    deals = read.grid("deals", "What a contract brings")
    assert told.deals.median is not None
    assert deals.row("median of contracts")["estimate"] == told.deals.median.value


def test_weekdays_show_the_pattern_and_what_came_on_a_weekend(
    calibrated: Calibrated, read: Page
) -> None:
    grid = read.grid("arrivals", "Pattern of weekdays (1: an average day)")
    weights = [row[1] for row in grid.exact]
    assert weights[:5] == list(calibrated.told.arrivals.weekday)
    assert grid.rows[5][0] == "Sunday"  # nothing came on a Saturday
    assert grid.row("Sunday")["on file"] == 5
    total = sum(row["on file"] or 0 for row in (grid.row(each[0]) for each in grid.rows))
    assert total == calibrated.told.arrivals.total.n


def test_every_week_is_counted_once_and_pieces_of_weeks_are_marked(calibrated: Calibrated) -> None:
    records, arrivals = calibrated.records, calibrated.told.arrivals
    weeks = weeks_of(records, arrivals)
    assert weeks.came.sum() == len(records.leads)
    assert weeks.monday[0] == np.datetime64("2023-04-03")
    assert weeks.whole[0]
    assert weeks.whole[1:-1].all()
    assert weeks.recent.all()
    late = replace(arrivals, since=200.0)
    assert 0 < weeks_of(records, late).recent.sum() < len(weeks.recent)


def test_changes_of_regime_are_marked_and_listed_by_number(calibrated: Calibrated) -> None:
    change = Change(120.0, 1.5, 2.4, "Inquiries went from about 30 to 48 a month in October 2023")
    arrivals = replace(calibrated.told.arrivals, changes=(change, replace(change, at=200.0)))
    changed = replace(calibrated, told=replace(calibrated.told, arrivals=arrivals))
    text = report(changed, imported_of(calibrated.records), title="t", command="c", version="v")
    assert text.count('<line class="change"') == 2
    assert text.count('<text class="badge-text"') == 2
    assert text.count("<li>Inquiries went from about 30 to 48 a month in October 2023.</li>") == 2


def test_rows_that_were_dropped_are_counted_by_file_and_reason_with_examples(read: Page) -> None:
    files = read.grid("dropped", "Rows by file")
    row = files.row("leads.csv")
    assert (row["rows"], row["used"], row["left out"], row["of them faulty"]) == (
        1000,
        900,
        100,
        40,
    )
    reasons = read.grid("dropped", "Reasons, by file")
    assert ["leads.csv", "there twice", "row left out, no fault", "60"] in reasons.rows
    assert ["leads.csv", "a date that cannot be read", "row left out", "40"] in reasons.rows
    examples = read.grid("dropped", "First examples (rows as a spreadsheet counts them)")
    assert [row[1] for row in examples.rows if row[0] == "leads.csv"] == ["11", "12", "13"]
    assert [examples.rows[-1][i] for i in (2, 5)] == ["作成日", "31.31.2023"]


def test_what_was_filled_in_is_listed_with_its_trust_and_never_what_was_told(
    calibrated: Calibrated, read: Page
) -> None:
    filled = gaps.filled_in(calibrated)
    told = {each.path for each in calibrated.ahead.stated if each.trust == drafting.OWN_FILES}
    assert not told & {each.path for each in filled}
    listed = {
        row[0]: row
        for grid in read.grids
        if grid.section == "untold"
        for row in grid.rows
    }  # fmt: skip
    assert set(listed) == {each.path for each in filled}
    for each in filled:
        assert listed[each.path][1:] == [each.value, each.unit, each.trust, each.source]
    reach = next(each for each in filled if each.path == f"market.channels.{PLAIN}.reach")
    assert (reach.value, reach.trust) == ("0.45", "C")


@pytest.mark.parametrize("has_leads", [True, False])
@pytest.mark.parametrize("has_losses", [True, False])
@pytest.mark.parametrize("has_churn", [True, False])
def test_whatever_files_cannot_tell_has_numbers_that_stand_for_it(
    calibrated: Calibrated, has_leads: bool, has_losses: bool, has_churn: bool
) -> None:
    records = replace(calibrated.records, activities=nothing()[3], amounts="")
    leads = replace(records.leads, converted=np.full(len(records.leads), np.nan))
    records = replace(records, leads=leads if has_leads else nothing()[0])
    if not has_losses:
        kept = records.opportunities.outcome != Outcome.LOST
        records = replace(records, opportunities=records.opportunities[kept])
    everything = gaps.filled_in(replace(calibrated, ahead=replace(calibrated.ahead, stated=())))
    for item in drafting.not_identifiable(records, has_churn):
        assert gaps.stands_for(item, everything), item


def test_the_page_says_how_to_have_the_same_again(read: Page) -> None:
    said = words(read)
    assert COMMAND in said
    assert "themodel 9.9.9" in said
    assert re.search(r"seed\s*7", "".join(read.sections["again"]))
    assert "96 in 4 steps" in said


def test_the_same_input_gives_the_same_text(calibrated: Calibrated, page: str) -> None:
    again = report(
        calibrated, imported_of(calibrated.records), title="our <company>", command=COMMAND,
        version="9.9.9",
    )  # fmt: skip
    assert again == page


# ------------------------------------------------------------------ safe and whole in itself


def test_nothing_from_the_files_becomes_an_element(page: str, read: Page) -> None:
    for tag, name, value in read.attributes:
        assert not name.startswith("on"), f"{tag} {name}={value}"
    assert "<script" not in page
    assert "<img" not in page
    assert "<b>" not in page
    assert "<i>" not in page
    said = words(read)
    for text in (EVIL, "our <company>", "<b>deals</b>.csv", "<i>close</i>", "=cmd|'<img src=x>'"):
        assert text in said


def test_the_page_asks_for_nothing_from_outside(page: str, read: Page) -> None:
    for tag, name, value in read.attributes:
        assert name not in ("src", "srcset", "data", "action", "style", "xlink:href")
        if name == "href":
            assert (tag, value[:1]) == ("a", "#")
    style = re.findall(r"<style>.*?</style>", page, re.S)
    assert len(style) == 1
    assert "url(" not in style[0]
    assert "@import" not in style[0]
    assert "://" not in page
    assert "default-src 'none'; style-src 'unsafe-inline'" in page
    assert len(page.encode()) < 3_000_000


def test_marks_that_turn_writing_and_lone_halves_of_characters_are_taken_out(
    calibrated: Calibrated,
) -> None:
    assert clean("a\u202eb\u0000c\ud800d\u2066e 展示会 é\n") == "abcde 展示会 é\n"
    odd = replace(
        calibrated, findings=(Finding("assumption", "pay \u202eesrever\ud83d\u0007 now"),)
    )
    text = report(
        odd, imported_of(odd.records), title="t\u202e\ud800", command="c\x00", version="v"
    )
    text.encode()
    assert "pay esrever now" in text


def test_japanese_channels_and_columns_stay_text(read: Page) -> None:
    assert JAPANESE in words(read)
    assert "作成日" in words(read)


def test_every_table_has_a_caption_headers_and_even_rows(read: Page) -> None:
    assert len(read.grids) > 20
    for grid in read.grids:
        assert grid.caption
        assert grid.rows, grid.caption
        for row in grid.rows:
            assert len(row) == len(grid.headings), grid.caption
        expected = ["col"] * len(grid.headings) + ["row"] * len(grid.rows)
        assert grid.scopes == expected, grid.caption


def test_every_picture_is_told_in_words_or_hidden_beside_its_numbers(read: Page) -> None:
    told = [each for each in read.pictures if each.get("role") == "img"]
    assert len(told) == 6  # arrivals, four transitions, cohorts
    assert all(len(each["aria-label"]) > 40 for each in told)
    others = [each for each in read.pictures if each.get("role") != "img"]
    assert all(each["aria-hidden"] == "true" for each in others)


def test_it_suits_dark_screens_telephones_and_paper(page: str) -> None:
    for rule in ("prefers-color-scheme: dark", "@media print", "size: A4", "max-width: 40rem"):
        assert rule in page
    assert 'name="viewport"' in page


# ------------------------------------------------------------------ in Japanese


@pytest.fixture(scope="module")
def japanese(calibrated: Calibrated) -> str:
    with speaking("ja"):
        told = tell(calibrated.records)
        draft = draft_of(calibrated.records, told)
        again = replace(
            calibrated, told=told, findings=told.findings(), stated=draft.stated, ahead=draft
        )
        nothing_told = replace(imported_of(calibrated.records), findings=())
        return report(again, nothing_told, title="our <company>", command=COMMAND, version="9.9.9")


def test_the_japanese_page_says_so_and_has_the_same_numbers(read: Page, japanese: str) -> None:
    assert japanese.startswith('<!DOCTYPE html>\n<html lang="ja">')
    page = Page(japanese)
    assert tuple(page.sections) == SECTIONS
    assert [each.exact for each in page.grids] == [each.exact for each in read.grids]
    assert len(page.pictures) == len(read.pictures)


def test_no_english_sentence_is_left_on_the_japanese_page(japanese: str) -> None:
    page = Page(japanese)
    text = "\n".join([*page.text, *(each.get("aria-label", "") for each in page.pictures)])
    for own in (COMMAND, EVIL, "our <company>"):
        text = text.replace(own, "")
    laws = re.compile(r"\w+\([\w.=, ]+\)|[\w]+[._/][\w./]+")
    english = re.compile(r"(?:\b[a-z]{2,}\b[\s,;:'()-]+){2,}\b[a-z]{2,}\b")
    assert not [line for line in text.splitlines() if english.search(laws.sub("0", line))]
    for grid in page.grids:
        for each in (grid.caption, *grid.headings):
            assert not english.search(each)
            assert re.search(r"[\u3040-\u30ff\u4e00-\u9fff]|^p?$|[0-9]", each), each


def test_dates_and_months_are_japanese(japanese: str) -> None:
    said = words(Page(japanese))
    assert re.search(r"直近の状況は20\d\d年\d+月\d+日から", said)
    assert re.search(r">20\d\d年\d+月<", japanese)
    assert "月曜" in said
    assert "金曜" in said


# ------------------------------------------------------------------ files that tell little


def test_opportunities_alone_and_nothing_won_still_make_a_page(calibrated: Calibrated) -> None:
    records = calibrated.records
    deals = records.opportunities
    lost = replace(
        deals, lead=np.full(len(deals), NONE), owner=np.full(len(deals), NONE),
        outcome=np.where(deals.outcome == Outcome.WON, Outcome.LOST, deals.outcome),
        reason=np.full(len(deals), int(LossReason.UNKNOWN)), amount=np.full(len(deals), np.nan),
    )  # fmt: skip
    empty = nothing()
    bare = replace(
        records, leads=empty[0], opportunities=lost, activities=empty[3], contracts=empty[4],
        leads_weekday=empty[0].owner, leads_month=empty[0].owner, amounts="",
    )  # fmt: skip
    told = tell(bare)
    draft = draft_of(bare, told)
    poor = Calibrated(
        bare, told, told.arrivals.since, draft.scenario, draft.stated, draft, None, told.findings(),
        drafting.not_identifiable(bare, False), 1,
    )  # fmt: skip
    nothing_dropped = Imported(
        bare, (), (Count("deals.csv", "opportunities", len(lost), len(lost), {}, {}),), (), 0.0
    )
    read = Page(report(poor, nothing_dropped, title="t", command="c", version="v"))
    assert tuple(read.sections) == SECTIONS
    said = words(read)
    assert "How many opportunities sign, these files do not tell." in said
    assert "No win is on file" in said
    assert "Too few wins are on file to hold runs against them" in said
    assert "No owner is on file of field sales" in said
    assert "none with a reason" in said
    assert "No contract of a customer is on file" in said
    assert "Every row of every file was used as it stands." in said
    assert "nan" not in re.findall(r"[a-z]+", said.lower())


def test_where_no_opening_is_dated_nobody_is_said_to_have_begun_anything(
    calibrated: Calibrated,
) -> None:
    deals = calibrated.records.opportunities
    won = deals.outcome == Outcome.WON
    undated = replace(deals, opened=np.full(len(deals), np.nan))[won]
    records = replace(calibrated.records, opportunities=undated)
    text = report(
        replace(calibrated, records=records), imported_of(records), title="t", command="c",
        version="v",
    )  # fmt: skip
    grid = next(each for each in Page(text).grids if each.caption.startswith("Field sales: cases"))
    assert {row[1] for row in grid.rows} == {"–"}
    assert sum(row["won"] or 0 for row in (grid.row(each[0]) for each in grid.rows)) == won.sum()


# ------------------------------------------------------------------ words and numbers


def test_numbers_are_written_with_their_digits_and_never_as_powers() -> None:
    assert [significant(x) for x in (0.0, 9.9999, 0.00001234, 123456.7, -2.5)] == [
        "0", "10.0", "0.0000123", "123,457", "-2.50",
    ]  # fmt: skip


def test_a_share_is_written_as_finely_as_its_interval(calibrated: Calibrated) -> None:
    whole = calibrated.told.conversions.lead_to_win
    assert whole is not None
    rough = replace(whole, value=0.271, low=0.16, high=0.41)
    fine = replace(whole, value=0.0712, low=0.0701, high=0.0723)
    assert [each.replace("\u00a0", " ") for each in written(rough)] == ["27 %", "16 %", "41 %"]
    assert written(fine)[0].replace("\u00a0", " ") == "7.12 %"


def test_axes_place_values_and_name_round_ones() -> None:
    axis = Axis(0.0, 100.0, 10.0, 110.0, root)
    assert axis(25.0) == pytest.approx(60.0)
    assert axis(400.0) == 110.0
    assert axis.back(3) == pytest.approx([0.0, 25.0, 100.0])
    assert Axis(1.0, 100.0, 0.0, 2.0, logarithm)(10.0) == pytest.approx(1.0)
    assert ticks(0.0, 330.0, 4) == [0.0, 100.0, 200.0, 300.0]
    assert log_ticks(3.0, 2000.0) == [10.0, 100.0, 1000.0]
    found = root_ticks(207.0)
    assert found[0] == 0.0
    assert all(b > a for a, b in itertools.pairwise(found))
    assert found[-1] <= 207.0


def test_a_strip_of_zeros_still_has_a_scale() -> None:
    strip = Strip.over([0.0, 0.0], "share")
    assert "NaN" not in str(strip.interval(0.0, 0.0, 0.0))
    assert "0 %" in str(strip.scale())


def test_the_band_holds_the_curve_and_begins_at_nothing() -> None:
    rng = np.random.default_rng(5)
    ages = rng.exponential(20.0, 200)
    stops = np.minimum(ages, 30.0)
    curve = incidence(0.0, stops, (ages <= 30.0).astype(np.int64))
    chosen = np.arange(len(curve.times))
    low, high = band(curve, chosen)
    assert (low[0], high[0]) == (0.0, 0.0)
    assert all(a <= x <= b for a, x, b in zip(low, curve.incidence, high, strict=True))


def sources() -> Iterator[str]:
    folder = Path(catalogue.__file__).parent
    for path in folder.glob("calibration_*.py"):
        if path.stem != "calibration_tables":
            yield path.read_text(encoding="utf-8")
    for name in ("page.html", "calibration.html"):
        yield (folder / "templates" / name).read_text(encoding="utf-8")


def asked_for(key: ast.expr) -> Iterator[str]:
    """Patterns of the keys that an expression may give."""
    if isinstance(key, ast.IfExp):
        yield from asked_for(key.body)
        yield from asked_for(key.orelse)
    elif isinstance(key, ast.JoinedStr):
        yield "".join(
            re.escape(str(each.value)) if isinstance(each, ast.Constant) else ".+"
            for each in key.values
        )
    elif isinstance(key, ast.Constant):
        yield re.escape(str(key.value))


def test_every_word_of_the_catalogue_is_used_and_every_used_one_is_there() -> None:
    patterns = set()
    for text in sources():
        if text.startswith('"""'):
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.Call) and ast.unparse(node.func) == "say":
                    patterns |= set(asked_for(node.args[0]))
        else:
            patterns |= {re.escape(each) for each in re.findall(r'say\("([^"]+)"', text)}
    keys = set(catalogue.ENGLISH)
    for pattern in patterns:
        assert any(re.fullmatch(pattern, key) for key in keys), pattern
    unused = {
        key for key in keys if not any(re.fullmatch(pattern, key) for pattern in patterns)
    }  # fmt: skip
    assert unused == set()


def test_words_with_a_place_that_is_not_filled_are_refused() -> None:
    with pytest.raises(KeyError):
        catalogue.say("verdict.days", value="1")
    with pytest.raises(KeyError):
        catalogue.say("no.such.words")

"""Cells of an export become instants and amounts, and what is ambiguous is asked for."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.calibration.importing.amounts import AmbiguousAmounts, currency_code, read_amounts
from simulator.calibration.importing.cell_text import is_missing, plain
from simulator.calibration.importing.channel_names import MASKED, channel_name, mask_addresses
from simulator.calibration.importing.dates import (
    AmbiguousDates,
    DateOrder,
    Dates,
    MixedOrders,
    read_dates,
)
from simulator.calibration.importing.stage_names import is_nobody
from simulator.errors import ScenarioError


def column(*cells: str) -> pd.Series[str]:
    """Cells as a sheet has them: rows count from 2."""
    return pd.Series(list(cells), index=range(2, 2 + len(cells)), dtype=object)


def dates(*cells: str, order: DateOrder | None = None, zone: str = "Asia/Tokyo") -> Dates:
    return read_dates(column(*cells), order, zone)


def one(cell: str, order: DateOrder | None = None, zone: str = "Asia/Tokyo") -> str:
    """What one cell says: a day, an instant, or "bad"."""
    found = dates(cell, order=order, zone=zone)
    if found.bad[0]:
        assert np.isnat(found.stamps[0])
        return "bad"
    text = str(found.stamps[0])
    return text[:10] if found.dated_only[0] else text


# ------------------------------------------------------------------ dates


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("2024-01-31", "2024-01-31"),
        ("2024-1-3", "2024-01-03"),
        ("2024/01/31", "2024-01-31"),
        ("2024.01.31", "2024-01-31"),
        ("20240131", "2024-01-31"),
        ("31/01/2024", "2024-01-31"),
        ("31.01.2024", "2024-01-31"),
        ("31-01-2024", "2024-01-31"),
        ("1/31/2024", "2024-01-31"),
        ("1/31/2024 3:05 PM", "2024-01-31T15:05:00"),
        ("1/31/2024, 3:05:09 p.m.", "2024-01-31T15:05:09"),
        ("1/31/2024 3:05\u202fPM", "2024-01-31T15:05:00"),
        ("1/31/2024 12:05 AM", "2024-01-31T00:05:00"),
        ("1/31/2024 12:05 PM", "2024-01-31T12:05:00"),
        ("Jan 31, 2024", "2024-01-31"),
        ("January 31st, 2024 3 pm", "2024-01-31T15:00:00"),
        ("31-Jan-2024", "2024-01-31"),
        ("31 January 2024", "2024-01-31"),
        ("Sept. 1, 2024", "2024-09-01"),
        ("2024-Jan-31", "2024-01-31"),
        ("2024年1月31日", "2024-01-31"),
        ("2024年01月31日 15:05", "2024-01-31T15:05:00"),
        ("2024年1月31日(水) 午後3時5分", "2024-01-31T15:05:00"),
        ("2024年1月31日水曜日", "2024-01-31"),
        ("2024/01/31 午前0:05", "2024-01-31T00:05:00"),
        ("2024/01/31 午後 3:05:09", "2024-01-31T15:05:09"),
        ("２０２４／０１／３１　１５：０５", "2024-01-31T15:05:00"),
        ("令和6年1月31日", "2024-01-31"),
        ("令和元年5月1日", "2019-05-01"),
        ("R6.1.31", "2024-01-31"),
        ("2024-01-31 15:05", "2024-01-31T15:05:00"),
        ("2024-01-31T15:05:09", "2024-01-31T15:05:09"),
        ("2024-01-31 15:05:09.123", "2024-01-31T15:05:09"),
        ("2024-01-31 24:00", "2024-02-01T00:00:00"),
        ("  2024-01-31  ", "2024-01-31"),
    ],
)
def test_a_date_is_read_in_the_form_in_which_it_is_written(cell: str, said: str) -> None:
    found = dates(cell)
    assert one(cell) == said
    assert not found.zoned[0]


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("2024-01-31T15:05:09Z", "2024-02-01T00:05:09"),
        ("2024-01-31T15:05:09.123Z", "2024-02-01T00:05:09"),
        ("2024-01-31T15:05:09.123456789Z", "2024-02-01T00:05:09"),
        ("2024-01-31T15:05:09.000+0000", "2024-02-01T00:05:09"),
        ("2024-01-31T15:05:09+09:00", "2024-01-31T15:05:09"),
        ("2024-01-31T15:05+09", "2024-01-31T15:05:00"),
        ("2024-01-31 15:05:09-05:30", "2024-02-01T05:35:09"),
        ("2024-01-31 15:05:09 UTC", "2024-02-01T00:05:09"),
        ("2024/01/31 15:05 JST", "2024-01-31T15:05:00"),
        ("Wed, 31 Jan 2024 15:05:09 +0100", "2024-01-31T23:05:09"),
        ("Wed Jan 31 2024 15:05:09 GMT+0900 (Japan Standard Time)", "2024-01-31T15:05:09"),
    ],
)
def test_a_cell_with_an_offset_is_converted_to_the_zone_asked_for(cell: str, said: str) -> None:
    assert one(cell) == said
    assert dates(cell).zoned[0]


def test_an_offset_is_converted_by_the_zone_s_own_summer_time() -> None:
    found = dates("2024-07-01T12:00:00Z", "2024-12-01T12:00:00Z", zone="Europe/Berlin")
    assert [str(stamp) for stamp in found.stamps] == ["2024-07-01T14:00:00", "2024-12-01T13:00:00"]


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../etc/passwd", "Asia"])
def test_an_unknown_time_zone_is_refused_by_name(zone: str) -> None:
    with pytest.raises(ScenarioError, match="Asia/Tokyo") as refused:
        dates("2024-01-31", zone=zone)
    assert refused.value.problems[0].value == zone


@pytest.mark.parametrize(
    "cell",
    [
        "2024-02-30",
        "2023-02-29",
        "2024-13-01",
        "2024-00-10",
        "2024-01-00",
        "31/04/2024",
        "04/31/2024",
        "45/45/2024",
        "20241345",
        "2024-01-31 25:00",
        "2024-01-31 10:60",
        "2024-01-31 10:00:61",
        "2024-01-31T10:00:00+19:00",
        "1/31/2024 15:05 PM",
        "0024-01-31",
        "1899-12-31",
        "2200-01-01",
        "2024-01",
        "2024年1月",
        "15:05",
        "soon",
        "水曜日",
        "Smarch 1, 2024",
        "2024-01/31",
        "=TODAY()",
        "<b>2024-01-31</b>",
        "2024-01-31" * 10,
    ],
)
def test_what_is_no_date_of_the_calendar_is_bad(cell: str) -> None:
    # A second cell, so that even here one bad cell does not decide for its neighbour.
    found = dates(cell, "2024-01-31")
    assert found.bad.tolist() == [True, False]
    assert np.isnat(found.stamps).tolist() == [True, False]


@pytest.mark.parametrize("cell", ["", " ", "-", "—", "N/A", "null", "None", "NaN", "未定"])
def test_a_missing_date_is_neither_bad_nor_a_date(cell: str) -> None:
    found = dates(cell)
    assert not found.bad[0]
    assert not found.dated_only[0]
    assert np.isnat(found.stamps[0])


def test_a_date_of_nothing_but_zeros_is_missing() -> None:
    read = dates("0000-00-00", "0000-00-00 00:00:00", "2024-02-03")
    assert not read.bad.any()
    assert np.isnat(read.stamps).tolist() == [True, True, False]


def test_an_empty_column_is_read_as_empty() -> None:
    found = dates()
    assert (len(found.stamps), len(found.bad)) == (0, 0)


def test_an_ambiguous_date_is_asked_for_not_guessed() -> None:
    with pytest.raises(AmbiguousDates, match="mapping file") as asked:
        dates("", "03/04/2024", "05/05/2024", "12.11.2023 10:00")
    assert asked.value.examples == ((3, "03/04/2024"), (5, "12.11.2023 10:00"))
    assert '"03/04/2024" in row 3' in str(asked.value)
    assert not isinstance(asked.value, MixedOrders)


@pytest.mark.parametrize(
    ("order", "said"), [("day_first", "2024-04-03"), ("month_first", "2024-03-04")]
)
def test_a_stated_order_answers_the_question(order: DateOrder, said: str) -> None:
    assert one("03/04/2024", order) == said
    assert dates("03/04/2024", order=order).order == order


def test_one_cell_that_can_only_be_read_in_one_order_settles_the_column() -> None:
    found = dates("03/04/2024", "05/06/2024", "13/02/2024")
    assert [str(stamp)[:10] for stamp in found.stamps] == ["2024-04-03", "2024-06-05", "2024-02-13"]
    assert found.order == "day_first"
    assert found.evidence == '"13/02/2024" in row 4 can only be day first'
    found = dates("03/04/2024", "2/13/2024 1:00 AM")
    assert str(found.stamps[0])[:10] == "2024-03-04"
    assert found.order == "month_first"


def test_an_impossible_date_is_no_evidence_for_an_order() -> None:
    with pytest.raises(AmbiguousDates):
        dates("03/04/2024", "31/02/2024")


def test_a_date_whose_day_is_its_month_needs_no_order() -> None:
    found = dates("05/05/2024", "2024-01-31")
    assert [str(stamp)[:10] for stamp in found.stamps] == ["2024-05-05", "2024-01-31"]


def test_cells_that_contradict_each_other_are_shown_both() -> None:
    with pytest.raises(MixedOrders, match="2 dates can only be day first and 1 only month") as both:
        dates("13/02/2024", "02/13/2024", "14/02/2024", "03/04/2024")
    assert both.value.examples == ((2, "13/02/2024"), (4, "14/02/2024"), (3, "02/13/2024"))


def test_a_cell_that_contradicts_the_stated_order_is_bad() -> None:
    found = dates("13/02/2024", "02/13/2024", "03/04/2024", order="month_first")
    assert found.bad.tolist() == [True, False, False]
    found = dates("03/04/2024", "2024-04-03", order="year_first")
    assert found.bad.tolist() == [True, False]


def test_unambiguous_forms_may_be_mixed_in_one_column() -> None:
    cells = ("2024-01-31", "31 Jan 2024", "2024年1月31日", "31/01/2024", "Jan 31, 2024 3:05 PM")
    found = dates(*cells)
    assert {str(stamp)[:10] for stamp in found.stamps} == {"2024-01-31"}
    assert found.dated_only.tolist() == [True, True, True, True, False]


@pytest.mark.parametrize("cell", ["31/12/24", "24/12/31", "31-Dec-24", "Dec 31, 24"])
def test_years_of_two_digits_are_asked_for(cell: str) -> None:
    with pytest.raises(AmbiguousDates, match="two digits"):
        dates(cell)


@pytest.mark.parametrize(
    ("cell", "order", "said"),
    [
        ("3/4/24", "month_first", "2024-03-04"),
        ("03.04.24", "day_first", "2024-04-03"),
        ("24/03/04", "year_first", "2024-03-04"),
        ("31-Dec-24", "day_first", "2024-12-31"),
        ("13/13/24", "month_first", "bad"),
    ],
)
def test_years_of_two_digits_are_read_once_the_order_is_stated(
    cell: str, order: DateOrder, said: str
) -> None:
    assert one(cell, order) == said


def test_a_few_years_of_two_digits_are_bad_cells_and_stop_nothing() -> None:
    assert dates("2024-12-31", "2024-12-30", "31/12/24").bad.tolist() == [False, False, True]


def test_milliseconds_since_1970_are_read_where_the_whole_column_has_them() -> None:
    found = dates("1706681109123", "", "1706681110000")
    assert str(found.stamps[0]) == "2024-01-31T15:05:09"
    assert found.zoned.tolist() == [True, False, True]
    assert "milliseconds since 1970" in found.evidence
    assert str(dates("1706681109").stamps[0]) == "2024-01-31T15:05:09"


def test_milliseconds_that_are_all_midnight_are_days_in_every_zone() -> None:
    found = dates("1706659200000", "1706745600000", zone="America/New_York")
    assert [str(stamp)[:10] for stamp in found.stamps] == ["2024-01-31", "2024-02-01"]
    assert found.dated_only.all()


def test_excel_s_day_numbers_are_read_where_the_whole_column_has_them() -> None:
    found = dates("45322", "45322.5", "-")
    assert [str(stamp) for stamp in found.stamps[:2]] == [
        "2024-01-31T00:00:00",
        "2024-01-31T12:00:00",
    ]
    assert found.dated_only.tolist() == [True, False, False]
    assert "Excel" in found.evidence
    assert not found.zoned.any()


@pytest.mark.parametrize("cells", [("45322", "2024-01-31"), ("45322", "soon"), ("45322", "1")])
def test_numbers_among_other_cells_are_no_dates(cells: tuple[str, str]) -> None:
    assert dates(*cells).bad[0]


def test_times_that_are_all_midnight_are_days_without_an_hour() -> None:
    days = [f"2024-01-{day:02d} 00:00:00" for day in range(1, 21)]
    found = dates(*days)
    assert found.dated_only.all()
    assert "midnight" in found.evidence
    assert not dates(*days, "2024-01-21 00:00:01").dated_only.any()
    zoned = dates(*[f"{day.replace(' ', 'T')}Z" for day in days], zone="America/New_York")
    assert str(zoned.stamps[0]) == "2024-01-01T00:00:00"
    assert not zoned.zoned.any()


MOMENTS = st.datetimes(min_value=datetime(1900, 1, 2), max_value=datetime(2199, 12, 30))
DATE_FORMS = (
    "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y-%m-%d %I:%M:%S %p",
    "%b %d, %Y %I:%M:%S %p", "%d-%b-%Y %H:%M:%S", "%A, %d %B %Y %H:%M:%S",
    "%Y年%m月%d日 %H時%M分%S秒", "%Y-%m-%d %H:%M:%S.%f",
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(moments=st.lists(MOMENTS, min_size=1, max_size=8), form=st.sampled_from(DATE_FORMS))
def test_what_is_written_unambiguously_is_read_back(moments: list[datetime], form: str) -> None:
    found = dates(*[moment.strftime(form) for moment in moments])
    assert found.stamps.tolist() == [moment.replace(microsecond=0) for moment in moments]
    assert not found.bad.any()


@settings(max_examples=100, deadline=None)
@given(
    days=st.lists(st.dates(date(1900, 1, 1), date(2199, 12, 31)), min_size=1, max_size=8),
    form=st.sampled_from([("%d/%m/%Y", "day_first"), ("%m/%d/%Y", "month_first")]),
)
def test_a_column_is_read_back_in_its_order_or_asked_for(
    days: list[date], form: tuple[str, DateOrder]
) -> None:
    cells = [day.strftime(form[0]) for day in days]
    stated = dates(*cells, order=form[1])
    assert stated.stamps.astype("datetime64[D]").tolist() == days
    telling = any(day.day > 12 for day in days)
    asking = any(day.day <= 12 and day.day != day.month for day in days)
    if asking and not telling:
        with pytest.raises(AmbiguousDates):
            dates(*cells)
    else:
        assert dates(*cells).stamps.astype("datetime64[D]").tolist() == days


@settings(max_examples=100, deadline=None)
@given(
    moment=st.datetimes(datetime(1980, 1, 1), datetime(2030, 1, 1)),
    minutes=st.integers(-12 * 60, 14 * 60),
    zone=st.sampled_from(["Asia/Tokyo", "America/New_York", "Australia/Lord_Howe", "UTC"]),
)
def test_an_instant_with_an_offset_is_the_same_instant_in_the_zone(
    moment: datetime, minutes: int, zone: str
) -> None:
    sign, size = "+-"[minutes < 0], abs(minutes)
    cell = moment.strftime("%Y-%m-%dT%H:%M:%S") + f"{sign}{size // 60:02d}:{size % 60:02d}"
    world = moment.replace(tzinfo=UTC, microsecond=0) - timedelta(minutes=minutes)
    local = world.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    assert dates(cell, zone=zone).stamps.tolist() == [local]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(max_size=40), max_size=6))
def test_no_text_breaks_the_reading_of_dates(cells: list[str]) -> None:
    try:
        found = dates(*cells)
    except AmbiguousDates:
        return
    assert (np.isnat(found.stamps) | ~found.bad).all()


@settings(max_examples=200, deadline=None)
@given(st.text("0123456789/-:. TZ+年月日午後PM", max_size=30))
def test_no_text_that_looks_like_a_date_breaks_the_reading(cell: str) -> None:
    try:
        found = dates(cell, "2024-01-31")
    except AmbiguousDates:
        return
    assert str(found.stamps[1]) == "2024-01-31T00:00:00"


# ------------------------------------------------------------------ amounts


def amount(cell: str, decimal: str | None = None) -> float:
    assert decimal in (None, ".", ",")
    found = read_amounts(column(cell), decimal)  # type: ignore[arg-type]
    assert bool(found.bad[0]) == math.isnan(found.values[0])
    return float(found.values[0])


@pytest.mark.parametrize(
    ("cell", "value", "currency"),
    [
        ("0", 0, ""),
        ("1200", 1200, ""),
        ("210833.37", 210833.37, ""),
        ("¥1,200,000", 1_200_000, "JPY"),
        ("￥１，２００，０００", 1_200_000, "JPY"),
        ("JPY 1200", 1200, "JPY"),
        ("1200円", 1200, "JPY"),
        ("1,200 円", 1200, "JPY"),
        ("120万", 1_200_000, ""),
        ("120万円", 1_200_000, "JPY"),
        ("1.5億円", 150_000_000, "JPY"),
        ("1億2,000万円", 120_000_000, "JPY"),
        ("500千円", 500_000, "JPY"),
        ("3百万円", 3_000_000, "JPY"),
        ("¥1,000-", 1000, "JPY"),
        ("▲1,234", -1234, ""),
        ("△ 1,234円", -1234, "JPY"),
        ("$1,234.56", 1234.56, "USD"),
        ("US$1,000", 1000, "USD"),
        ("USD 1,000.00", 1000, "USD"),
        ("$1.2M", 1_200_000, "USD"),
        ("120k", 120_000, ""),
        ("1.2E+06", 1_200_000, ""),
        ("1.234E+06", 1_234_000, ""),
        ("$ 5 CAD", 5, "CAD"),
        ("1.200.000,50 €", 1_200_000.5, "EUR"),
        ("€ 1.000,-", 1000, "EUR"),
        ("12,5", 12.5, ""),
        ("1234,567", 1234.567, ""),
        ("1 234 567,89", 1_234_567.89, ""),
        ("1\u00a0234\u00a0567", 1_234_567, ""),
        ("1\u202f234,50 €", 1234.5, "EUR"),
        ("CHF 1'234.50", 1234.5, "CHF"),
        ("₹12,34,567", 1_234_567, "INR"),
        ("(1,234)", -1234, ""),
        ("($1,234.50)", -1234.5, "USD"),
        ("-$5", -5, "USD"),
        ("$-5", -5, "USD"),
        ("\u22121,234", -1234, ""),
        ("1,234-", -1234, ""),
        ("0.123", 0.123, ""),
        (".5", 0.5, ""),
        ("1,234", 1234, ""),
    ],
)
def test_an_amount_is_read_in_the_form_in_which_it_is_written(
    cell: str, value: float, currency: str
) -> None:
    found = read_amounts(column(cell))
    assert found.values[0] == pytest.approx(value, rel=1e-12)
    assert found.currency == currency
    assert not found.bad[0]


@pytest.mark.parametrize(
    "cell",
    [
        "5%", "=1+2", "+A1", "<b>5</b>", "<script>1</script>", "1,23,4", "1.2.3", "1 2", "(5", "5)",
        "-(5)", "--5", "5 USD EUR", "abc", "円", "万", "inf", "1e999", "9" * 40, "1" * 500, "12:30",
        "1,234.567.8", "5円50銭", "1.2M 300", "1万2億", "2024-01-31", "٣٤", "0x1F", "1_000",
    ],
)  # fmt: skip
def test_what_is_no_amount_is_bad(cell: str) -> None:
    found = read_amounts(column("7", cell))
    assert found.bad.tolist() == [False, True]
    assert np.isnan(found.values).tolist() == [False, True]
    assert found.values[0] == 7


@pytest.mark.parametrize("cell", ["", "-", "—", "N/A", "なし", "　"])
def test_a_missing_amount_is_neither_bad_nor_zero(cell: str) -> None:
    found = read_amounts(column(cell))
    assert math.isnan(found.values[0])
    assert not found.bad[0]


def test_a_point_before_three_digits_is_asked_for_not_guessed() -> None:
    with pytest.raises(AmbiguousAmounts, match="mapping file") as asked:
        read_amounts(column("", "12.345", "€ 6.789"))
    assert asked.value.examples == ((3, "12.345"), (4, "€ 6.789"))
    assert amount("12.345", ".") == 12.345
    assert amount("12.345", ",") == 12_345


@pytest.mark.parametrize(
    ("telling", "first", "second"),
    [("12.5", 1.234, 1234), ("1,234.50", 1.234, 1234), ("1.234.567", 1234, 1.234),
     ("12,50", 1234, 1.234), ("0,123", 1234, 1.234), ("1,234,567", 1.234, 1234)],
)  # fmt: skip
def test_cells_that_tell_settle_those_that_do_not(
    telling: str, first: float, second: float
) -> None:
    assert read_amounts(column("1.234", telling)).values[0] == first
    assert read_amounts(column("1,234", telling)).values[0] == second


def test_amounts_that_contradict_each_other_are_asked_for() -> None:
    with pytest.raises(AmbiguousAmounts, match="others a comma"):
        read_amounts(column("12.5", "12,5", "1,234"))
    with pytest.raises(AmbiguousAmounts):
        read_amounts(column("1,234", "1.234"))
    # Where each cell tells for itself there is nothing to ask.
    assert read_amounts(column("12.5", "12,5")).values.tolist() == [12.5, 12.5]


def test_an_amount_that_contradicts_the_stated_decimal_sign_is_bad() -> None:
    assert math.isnan(amount("1.234,50", "."))
    assert math.isnan(amount("12.5", ","))
    assert amount("1.234,50", ",") == 1234.5


def test_several_currencies_are_named_most_frequent_first() -> None:
    found = read_amounts(column("€5", "$5", "USD 7", "8", "EUR nothing", "$5"))
    assert found.currency == ""
    assert found.mixed == ("USD", "EUR")
    assert read_amounts(column("$5", "8")).mixed == ()


@settings(max_examples=200, deadline=None)
@given(
    cents=st.lists(st.integers(-(10**13), 10**13), min_size=1, max_size=8),
    form=st.sampled_from(["{:,.2f}", "${:,.2f}", "{:.2f}", "{:,.2f} USD", "USD {:.2f}"]),
    comma=st.booleans(),
)
def test_what_is_written_with_decimals_is_read_back(
    cents: list[int], form: str, comma: bool
) -> None:
    cells = [form.format(cent / 100) for cent in cents]
    if comma:
        cells = [cell.translate(str.maketrans(".,", ",.")) for cell in cells]
    found = read_amounts(column(*cells))
    np.testing.assert_allclose(found.values, np.array(cents) / 100, rtol=1e-12)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 10**15), min_size=1, max_size=8))
def test_whole_amounts_with_grouped_thousands_are_read_back(amounts: list[int]) -> None:
    for form in ("{:,}", "¥{:,}", "{:,}円", "({:,})"):
        found = read_amounts(column(*[form.format(value) for value in amounts]))
        assert np.abs(found.values).tolist() == amounts


@settings(max_examples=300, deadline=None)
@given(st.lists(st.text(max_size=30) | st.text("0123456789.,' -()¥$万億円", max_size=12)))
def test_no_text_breaks_the_reading_of_amounts(cells: list[str]) -> None:
    try:
        found = read_amounts(column(*cells))
    except AmbiguousAmounts:
        return
    assert np.isfinite(found.values[~np.isnan(found.values)]).all()
    assert np.isnan(found.values[found.bad]).all()


# ------------------------------------------------------------------ text


def test_full_width_letters_and_odd_spaces_become_plain_ones() -> None:
    assert plain("　Ａ１：５０\u00a0PM\u200b ") == "A1:50 PM"
    assert plain("株式会社") == "株式会社"


def test_a_zero_is_not_missing() -> None:
    assert is_missing(" n/a ")
    assert not is_missing("0")


# ------------------------------------------------------------------ signs and currencies


@pytest.mark.parametrize(
    ("cell", "value"),
    [("$500-", -500.0), ("500-", -500.0), ("¥1,000-", 1000.0), ("€ 1.000,-", 1000.0)],
)
def test_a_dash_behind_an_amount_is_a_minus_unless_it_only_closes_it(
    cell: str, value: float
) -> None:
    assert read_amounts(column(cell), "," if "€" in cell else None).values.tolist() == [value]


def test_a_currency_is_the_same_however_it_is_written() -> None:
    written = ("usd", " USD ", "$", "円", "ＥＵＲ", "xyz", "n/a")
    found = ["USD", "USD", "USD", "JPY", "EUR", "XYZ", ""]
    assert [currency_code(each) for each in written] == found


# ------------------------------------------------------------------ people


@pytest.mark.parametrize(
    "name",
    ["Hyun Na", "たかなし ゆき", "System Engineer Bob", "山田システム", "Bob Ray (Deactivated)",
     "None Smith", "Api Tan"],
)  # fmt: skip
def test_a_person_whose_name_holds_a_word_for_nobody_is_a_person(name: str) -> None:
    assert not is_nobody(name)


@pytest.mark.parametrize(
    "name",
    ["", "-", "n/a", "Integration User", "Unassigned", "Leads Queue", "System Administrator",
     "Automated Process", "No owner", "未割り当て", "担当者なし", "システム連携ユーザー",
     "新規リードキュー"],
)  # fmt: skip
def test_waiting_lines_and_programs_are_nobody(name: str) -> None:
    assert is_nobody(name)


@pytest.mark.parametrize(
    "text",
    ["090-1234-5678", "+81 90 1234 5678", "(03) 1234-5678", "０３−１２３４−５６７８", "0312345678",
     "(555) 123-4567", "tel:03-1234-5678", "bob@example.com"],
)  # fmt: skip
def test_telephone_numbers_are_masked_as_addresses_are(text: str) -> None:
    shown = mask_addresses(f"via Bob {text}")
    assert shown.startswith("via Bob ")
    assert not any(c.isdigit() for c in shown)
    assert "@" not in shown
    assert channel_name(text) == MASKED


@pytest.mark.parametrize(
    "text", ["2024-01-05 10:30:00", "01-02-2024 10:30", "1,000,000", "2. Proposal", "02/01/2024"]
)
def test_dates_and_amounts_are_no_telephone_numbers(text: str) -> None:
    assert mask_addresses(text) == text

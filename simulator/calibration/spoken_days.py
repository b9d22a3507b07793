"""Days and months of the calendar as a reader says them."""

from __future__ import annotations

from datetime import date

from simulator.languages.messages import marked, say

MONTHS = (
    marked("January"), marked("February"), marked("March"), marked("April"), marked("May"),
    marked("June"), marked("July"), marked("August"), marked("September"), marked("October"),
    marked("November"), marked("December"),
)  # fmt: skip


def day_said(day: date) -> str:
    """Say a day: 5 March 2025."""
    return say("{day} {month} {year}", day=day.day, month=_month(day), year=day.year)


def day_of_year_said(day: date) -> str:
    """Say a day without its year: 5 March."""
    return say("{day} {month}", day=day.day, month=_month(day))


def month_said(day: date) -> str:
    """Say a month: March 2025."""
    return say("{month} {year}", month=_month(day), year=day.year)


def _month(day: date) -> str:
    return say(MONTHS[day.month - 1])

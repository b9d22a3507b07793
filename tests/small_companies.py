"""Companies of a handful of people, as text for scenario files that tests run in no time."""

from __future__ import annotations


def small_company(months: int, question: str = "", customers: int = 20) -> str:
    """A company of five people that sells on its website."""
    asked = f"question: {question}\n" if question else ""
    return f"""\
{asked}horizon: {{months: {months}}}
start: {{customers: {customers}, opportunities: 5, parked: 10}}
market:
  channels:
    website: {{leads_per_day: 3}}
teams:
  marketing: {{people: 1}}
  inside_sales: {{people: 1}}
  field_sales: {{people: 2}}
  customer_success: {{people: 1}}
"""

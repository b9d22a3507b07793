"""What a hiring plan costs month by month, if nobody quits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.organization.journal import MONTHS_PER_YEAR

if TYPE_CHECKING:
    from simulator.planning.hiring_result import Hiring


def month_lengths(result: Hiring) -> tuple[float, ...]:
    """Return how much of each month belongs to the run: 1, but for an unfinished last one."""
    months = max((len(each) for each in result.headcounts.values()), default=0)
    horizon = result.planned.horizon.months
    return tuple(min(1.0, horizon - month) for month in range(months))


def monthly_price(result: Hiring, team: str) -> float:
    """Return what a person of a team costs in a month, in currency."""
    return result.costs[team] / MONTHS_PER_YEAR


def monthly_costs(result: Hiring) -> dict[str, tuple[float, ...]]:
    """Return what each team costs in each month, in currency.

    Who starts within a month counts from the next one on; :attr:`Hiring.cost` counts the days.
    """
    lengths = month_lengths(result)
    return {
        team: tuple(
            n * monthly_price(result, team) * length
            for n, length in zip(people, lengths, strict=True)
        )
        for team, people in result.headcounts.items()
    }


def starts_by_month(result: Hiring) -> dict[str, tuple[int, ...]]:
    """Return by how much each team's plan grows in each month, the first against today."""
    changes = {}
    for team, people in result.headcounts.items():
        today = int(getattr(result.company.teams, team).people)
        before = (today, *people[:-1])
        changes[team] = tuple(n - m for n, m in zip(people, before, strict=True))
    return changes

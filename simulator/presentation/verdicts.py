"""What `themodel verify` found, as tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Column
from rich.text import Text

from simulator.languages.messages import say
from simulator.metrics import METRICS
from simulator.presentation.tables import grid, prose, right

if TYPE_CHECKING:
    from simulator.plausibility import Plausible
    from simulator.verification import Check


def published_table(company: Sequence[Plausible]) -> Iterator[RenderableType]:
    """Show the default company's outputs beside published figures that are not its inputs."""
    table = grid(
        Column(say("the default company"), overflow="fold"), right(say("published")),
        right(say("simulated")), right(say("95 % interval")), say("unit"), say("verdict"),
    )  # fmt: skip
    for each in company:
        one, mean = each.published, each.simulated
        bounds = "" if mean.low is None else _range(f"{mean.low:.3g}", f"{mean.high:.3g}")
        table.add_row(
            prose(METRICS[one.metric].label),
            _range(f"{one.low:g}", f"{one.high:g}"),
            f"{mean.mean:.3g}",
            bounds,
            say(one.unit),
            Text(say("inside")) if each.passed else Text(say("OUTSIDE"), style="bold red"),
        )
    yield Text("")
    yield table
    inside = sum(each.passed for each in company)
    yield Text("")
    yield Text(
        say(
            "{inside} of {all} lie in the published range; sources: docs/model.md.",
            inside=inside,
            all=len(company),
        )
    )


def _range(low: str, high: str) -> str:
    return say("{low} to {high}", low=low, high=high)


def verification_table(checks: Sequence[Check]) -> Iterator[RenderableType]:
    """Show what theory says, what the engine does, and whether they agree."""
    table = grid(
        Column(say("check¦column"), overflow="fold"), right(say("expected")),
        right(say("simulated")), right(say("std. error")), right(say("allowed")), say("verdict"),
    )  # fmt: skip
    section = ""
    for one in checks:
        system, _, what = one.name.rpartition(": ")
        if system != section:
            section = system
            table.add_row(Text(system, style="bold"))
        table.add_row(
            Padding(prose(what), (0, 0, 0, 2 if system else 0)),
            f"{one.expected:.5g}",
            f"{one.simulated:.5g}",
            f"{one.standard_error:.2g}",
            f"{one.tolerance:.2g}",
            Text(say("holds")) if one.passed else Text(say("FAILS"), style="bold red"),
        )
    yield table
    failed = sum(not one.passed for one in checks)
    yield Text("")
    held = len(checks) - failed
    yield Text(say("{held} of {all} checks hold.", held=held, all=len(checks)))

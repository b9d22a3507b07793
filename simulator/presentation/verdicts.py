"""What `themodel verify` found, as tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Column
from rich.text import Text

from simulator.metrics import METRICS
from simulator.presentation.tables import grid, right

if TYPE_CHECKING:
    from simulator.plausibility import Plausible
    from simulator.verification import Check


def published_table(company: Sequence[Plausible]) -> Iterator[RenderableType]:
    """Show the default company's outputs beside published figures that are not its inputs."""
    table = grid(
        Column("the default company", overflow="fold"), right("published"), right("simulated"),
        right("95 % interval"), "unit", "verdict",
    )  # fmt: skip
    for each in company:
        one, mean = each.published, each.simulated
        bounds = "" if mean.low is None else f"{mean.low:.3g} to {mean.high:.3g}"
        table.add_row(
            METRICS[one.metric].label,
            f"{one.low:g} to {one.high:g}",
            f"{mean.mean:.3g}",
            bounds,
            one.unit,
            Text("inside") if each.passed else Text("OUTSIDE", style="bold red"),
        )
    yield Text("")
    yield table
    inside = sum(each.passed for each in company)
    yield Text("")
    yield Text(f"{inside} of {len(company)} lie in the published range; sources: docs/model.md.")


def verification_table(checks: Sequence[Check]) -> Iterator[RenderableType]:
    """Show what theory says, what the engine does, and whether they agree."""
    table = grid(
        Column("check", overflow="fold"), right("expected"), right("simulated"),
        right("std. error"), right("allowed"), "verdict",
    )  # fmt: skip
    section = ""
    for one in checks:
        system, _, what = one.name.rpartition(": ")
        if system != section:
            section = system
            table.add_row(Text(system, style="bold"))
        table.add_row(
            Padding(Text(what), (0, 0, 0, 2 if system else 0)),
            f"{one.expected:.5g}",
            f"{one.simulated:.5g}",
            f"{one.standard_error:.2g}",
            f"{one.tolerance:.2g}",
            Text("holds") if one.passed else Text("FAILS", style="bold red"),
        )
    yield table
    failed = sum(not one.passed for one in checks)
    yield Text("")
    yield Text(f"{len(checks) - failed} of {len(checks)} checks hold.")

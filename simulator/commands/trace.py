"""``themodel trace``: the life of one buyer."""

from __future__ import annotations

from typing import Annotated

import typer

from simulator.commands.options import Changes, Name, Seed
from simulator.commands.terminal import show


def trace(
    scenario: Name,
    buyer: Annotated[
        str,
        typer.Option(
            metavar="N",
            help="A buyer's number, or first-won, first-lost, most-recycled.",
        ),
    ],
    replication: Annotated[int, typer.Option(help="Which run, from 0.", min=0, max=2**31 - 1)] = 0,
    seed: Seed = 1,
    changes: Changes = None,
) -> None:
    """Tell the life of one buyer: every visit, wait, decision, handoff, loss and return.

    Lines marked "truth" are known to the simulator alone; the departments never see them.

    \b
    Examples:
      themodel trace base --buyer first-won
      themodel trace base --buyer 352 --replication 3
    """  # fmt: skip
    from simulator.experiment.readiness import load_ready

    loaded = load_ready(scenario, changes or ())

    from simulator.engine import run as run_once
    from simulator.presentation import explanation, story, tables

    story.check_wish(buyer)
    journal = run_once(loaded.scenario, seed, replication, loaded.name)
    number = story.choose(journal, buyer)
    show(explanation.changes(loaded))
    show(tables.story_table(story.title(journal, number), story.tell(journal, number)))

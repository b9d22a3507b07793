"""``themodel verify``: the engine against mathematics and published figures."""

from __future__ import annotations

import typer

from simulator.commands.options import Seed
from simulator.commands.terminal import FINDING, progress, show
from simulator.languages.messages import say


def verify(seed: Seed = 1) -> None:
    """Hold the engine against mathematics and the default company against published figures.

    Queueing theory, conservation and Little's law must hold; the outputs of the default company
    must lie in published ranges that are not its inputs. Ends with 1 if one fails.

    \b
    Example:
      themodel verify
    """
    from simulator.experiment.execution import Execution
    from simulator.plausibility import hold_against_published
    from simulator.presentation.verdicts import published_table, verification_table
    from simulator.verification import verify as run_checks

    with progress(say("checks")) as on_progress:
        checks = run_checks(seed, on_progress)
    show(verification_table(checks))
    with progress(say("default company¦check")) as on_progress:
        published = hold_against_published(seed, workers=Execution(on_progress=on_progress))
    show(published_table(published))
    if not (all(one.passed for one in checks) and all(one.passed for one in published)):
        raise typer.Exit(FINDING)

"""Commands that look at scenarios without running them."""

from __future__ import annotations

from typing import Annotated

import typer

from simulator.commands.options import AsJson, Changes, Name, Names
from simulator.commands.terminal import WRONG_INPUT, show
from simulator.errors import ScenarioError
from simulator.languages.messages import say


def check(scenarios: Names) -> None:
    """Check scenarios: every error at once, with file, line and remedy.

    Ends with 2 if anything is wrong.

    \b
    Example:
      themodel check my_company.yaml
    """
    from simulator.experiment.readiness import load_ready
    from simulator.presentation.explanation import checked

    wrong = False
    for name in scenarios:
        try:
            found = checked(load_ready(name))
            typer.echo(say("{scenario}: {found}", scenario=name, found=found))
        except ScenarioError as error:
            wrong = True
            for problem in error.problems:
                typer.echo(str(problem), err=True)
    if wrong:
        raise typer.Exit(WRONG_INPUT)


def explain(
    scenario: Name,
    other: Annotated[
        str | None,
        typer.Option("--diff", metavar="OTHER", help="Show only what differs from this scenario."),
    ] = None,
    changes: Changes = None,
    as_json: AsJson = False,
) -> None:
    """Show every number in force: its unit, its source, how far to trust it, who set it.

    \b
    Examples:
      themodel explain base
      themodel explain shared --diff divisional
    """
    from simulator.presentation import explanation
    from simulator.presentation.files import json_text
    from simulator.scenario import diff, load_scenario

    loaded = load_scenario(scenario, changes or ())
    if other is None:
        if as_json:
            typer.echo(json_text(explanation.numbers_json(loaded)))
        else:
            show(explanation.number_tables(loaded))
        return
    second = load_scenario(other)
    found = diff(loaded, second)
    if as_json:
        typer.echo(json_text(explanation.differences_json(loaded, second, found)))
    else:
        show(explanation.difference_table(loaded, second, found))


def list_scenarios() -> None:
    """List the shipped scenarios with the question that each one answers.

    \b
    Example:
      themodel list
    """
    from simulator.presentation.explanation import scenario_table
    from simulator.scenario import shipped_scenarios

    show(scenario_table(shipped_scenarios()))


def schema() -> None:
    """Print the JSON Schema of scenario files, for completion in an editor.

    \b
    Example:
      themodel schema > scenario.schema.json
    """
    from simulator.presentation.files import json_text
    from simulator.scenario import json_schema

    typer.echo(json_text(json_schema()))

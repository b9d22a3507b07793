"""The command ``themodel``: which commands there are.

What takes long to import is imported by the command that needs it, so that ``--help`` is quick.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from simulator.commands.attribute import attribute
from simulator.commands.backtest import backtest
from simulator.commands.bottleneck import bottleneck
from simulator.commands.calibrate import calibrate
from simulator.commands.compare import compare
from simulator.commands.diagnose import diagnose
from simulator.commands.export_crm import export_crm
from simulator.commands.hiring import hiring
from simulator.commands.incentives import incentives
from simulator.commands.plot import plot
from simulator.commands.report import report
from simulator.commands.run import run
from simulator.commands.scenarios import check, explain, list_scenarios, schema
from simulator.commands.sensitivity import sensitivity
from simulator.commands.size import size
from simulator.commands.structure import structure
from simulator.commands.terminal import DONE, Commands
from simulator.commands.trace import trace
from simulator.commands.verify import verify
from simulator.commands.warm_up import warm_up
from simulator.version import version

app = typer.Typer(
    cls=Commands,
    invoke_without_command=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"themodel {version()}")
        raise typer.Exit(DONE)


@app.callback()
def themodel(
    context: typer.Context,
    show_version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and end."
        ),
    ] = False,
) -> None:
    """Simulate a sales organization: four departments, one baton.

    What do departmental KPIs do to revenue, waiting and churn, and where?

    \b
    A first look:
      themodel list                        which questions there are
      themodel run base                    the default company
      themodel explain base                every number in it, with its source
      themodel trace base --buyer first-won
                                           the life of one buyer
      themodel compare shared divisional   what measuring each department alone costs

    Every command explains itself: themodel run --help.
    """
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


app.command(short_help="Run a scenario: where buyers, time and money go.")(run)
app.command(short_help="Compare scenarios: how much, how sure, and where.")(compare)
app.command(short_help="Write everything about scenarios as one page to look at.")(report)
app.command(short_help="Draw charts for slides.")(plot)
app.command(short_help="Find the team that limits the company.")(bottleneck)
app.command(short_help="Find how many people each team needs, and at what cost.")(size)
app.command(short_help="Find who must start when, or where a hiring plan breaks.")(hiring)
app.command(short_help="Compare ways to put a company together, at equal cost.")(structure)
app.command(short_help="Say what of a gap belongs to what.")(attribute)
app.command(short_help="Find what departments would do under their measures.")(incentives)
app.command(short_help="Test a result against wrong assumptions.")(sensitivity)
app.command(short_help="Find what would help, from 14 answers about your organization.")(diagnose)
app.command(short_help="Make a scenario of a company's own CRM export.")(calibrate)
app.command(short_help="Forecast the past and hold it against what happened.")(backtest)
app.command("export-crm", short_help="Write a run as CRM files and event logs.")(export_crm)
app.command("warm-up", short_help="Find how long a run takes to settle.")(warm_up)
app.command(short_help="Check scenarios: every error at once.")(check)
app.command(short_help="Show every number in force and its source.")(explain)
app.command(short_help="Tell the life of one buyer.")(trace)
app.command(short_help="Hold the engine against mathematics.")(verify)
app.command("list", short_help="List the shipped scenarios with their questions.")(list_scenarios)
app.command(short_help="Print the JSON Schema of scenario files.")(schema)


def main() -> None:
    """Run the command."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a character shows "?" instead of ending the program.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    app(prog_name="themodel")

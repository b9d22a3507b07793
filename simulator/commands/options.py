"""The options that several commands share."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from simulator.engine import COMPILED, SIMPY, EngineName

AUTO = 0
"""Number of replications that stands for: as many as the precision takes."""
MOST_REPLICATIONS = 10_000
Word = TypeVar("Word", bound=str)


def one_of(*words: Word) -> Callable[[str], Word]:
    """Return a reader that takes one of some words and nothing else."""
    rule = f"none of {', '.join(words)}"
    if len(words) == 2:
        rule = f"neither {words[0]} nor {words[1]}"

    def read(value: str) -> Word:
        for word in words:
            if value == word:
                return word
        raise typer.BadParameter(f"{value!r} is {rule}")

    return read


def share_of(text: str) -> float:
    """Read 5% or 0.05; what is neither is not a number."""
    number = text.removesuffix("%")
    try:
        return float(number) / (100.0 if text != number else 1.0)
    except ValueError:
        return math.nan


def _count_or_auto(value: str | int) -> int:
    text = str(value).strip()
    if text == "auto" or value == AUTO:
        return AUTO
    if not text.isdecimal() or not 1 <= int(text) <= MOST_REPLICATIONS:
        raise typer.BadParameter(f"{text!r} is neither 1 to {MOST_REPLICATIONS:,} nor auto")
    return int(text)


def _share(value: str | float) -> float:
    text = str(value).strip()
    share = share_of(text)
    if not 0.0 < share < 1.0:
        raise typer.BadParameter(f"{text!r} is no share between 0 and 1: write 5% or 0.05")
    return share


def folder_option(what: str) -> Any:
    """Return the option for the folder of results, with what is written there."""
    return typer.Option("--out", metavar="DIR", help=f"Write {what} there.")


def analyses_option(what_becomes: str) -> Any:
    """Return the option for folders of analyses, with what is done with them."""
    return typer.Option(
        "--from",
        metavar="DIR",
        help=f"{what_becomes} what attribute, bottleneck, sensitivity or incentives wrote with"
        " --out; may be repeated.",
    )


Name = Annotated[
    str, typer.Argument(metavar="SCENARIO", help="A file, or the name of a shipped scenario.")
]
Names = Annotated[
    list[str], typer.Argument(metavar="SCENARIO...", help="Files, or names of shipped scenarios.")
]
Compared = Annotated[
    list[str],
    typer.Argument(
        metavar="SCENARIO...",
        help="Files, or names of shipped scenarios: the first is the reference.",
    ),
]
Seed = Annotated[
    int,
    typer.Option(help="Which luck: the same seed, the same buyers.", min=0, max=2**63 - 1),
]
Changes = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY.PATH=VALUE", help="Change one value; may be repeated."),
]
EveryChange = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="KEY.PATH=VALUE", help="Change one value in all scenarios; repeatable."
    ),
]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print one JSON object and nothing else.")
]  # fmt: skip
Replications = Annotated[
    int, typer.Option(help="How many runs, each with its own luck.", min=1, max=MOST_REPLICATIONS)
]
ReplicationsOrAuto = Annotated[
    int,
    typer.Option(
        help="How many runs, each with its own luck; auto: as many as --precision takes.",
        parser=_count_or_auto,
        metavar="N|auto",
        show_default="20",
    ),
]
Precision = Annotated[
    float | None,
    typer.Option(
        help="With auto: half the width of the 95 % interval, as a share of the mean.  "
        "[default: 5%]",
        parser=_share,
        metavar="SHARE",
    ),
]
PreciseMetrics = Annotated[
    list[str] | None,
    typer.Option(
        "--precise-metric", metavar="ID",
        help="With auto: a metric that must be as precise; may be repeated.  "
        "[default: mrr_end, wins, logo_churn]",
    ),
]  # fmt: skip
AtMost = Annotated[
    int | None,
    typer.Option(
        help="With auto: end after so many replications in any case.  [default: 500]",
        min=10,
        max=MOST_REPLICATIONS,
    ),
]
Workers = Annotated[
    int | None,
    typer.Option(
        help="Processes at work; the figures do not depend on it.  [default: one per processor]",
        min=1,
        max=1024,
    ),
]
Engine = Annotated[
    EngineName | None,
    typer.Option(
        help="compiled or simpy, the readable reference; figures do not depend on it (those of"
        " --totals but for rounding)."
        "  [default: compiled, where numba is installed]",
        parser=one_of(COMPILED, SIMPY),
        metavar="NAME",
    ),
]
Out = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        help="Keep each run and write tables as CSV in this folder (in Japanese with the mark by"
        " which Excel knows UTF-8).",
    ),
]
AnswerFolder = Annotated[Path | None, folder_option("tables as CSV and the answer as JSON")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Write over files that are there.")]
Resume = Annotated[
    bool, typer.Option("--resume", help="Continue with the finished runs in the --out folder.")
]
Dask = Annotated[
    str | None,
    typer.Option(metavar="ADDRESS", help="Run on a Dask cluster: tcp://host:8786."),
]

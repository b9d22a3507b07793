"""What the analyses found, and what those that were not made would answer."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from simulator.languages.messages import say
from simulator.metrics import METRICS
from simulator.presentation.pictures.bars import bars_chart
from simulator.presentation.pictures.tornado import tornado_chart
from simulator.presentation.report_making import Making, named_metrics, of_each
from simulator.presentation.report_parts import Block, Folded, Listing, Part, Section, Words
from simulator.presentation.views.analyses import (
    attribution_bars,
    bottleneck_bars,
    incentives_bars,
    tornado,
)
from simulator.presentation.views.shapes import Analysis, Bars

_MOST_SENTENCES = 3
"""Of more, each stands on a line of its own."""
COMMANDS = ("attribute", "bottleneck", "sensitivity", "incentives")


def analysis_sections(making: Making) -> list[Section]:
    """Return a section for each analysis that was made."""
    made = making.evidence.analyses
    found = [_attribution(making)] if _attributions(making) else []
    if "bottleneck" in made:
        found.append(_bottleneck(making, made["bottleneck"]))
    if "sensitivity" in made:
        found.append(_sensitivity(making, made["sensitivity"]))
    if "incentives" in made:
        found.append(_incentives(making, made["incentives"]))
    return found


def _attributions(making: Making) -> list[Analysis]:
    made = making.evidence.analyses.values()
    found = {str(each.said["b"]): each for each in made if each.command == "attribute"}
    return [found[name] for name in making.others if name in found]


def _attribution(making: Making) -> Section:
    names, parts = [], []
    for analysis in _attributions(making):
        names.append(str(analysis.said["b"]))
        inside = _verdict(analysis.said)
        for bars in attribution_bars(analysis):
            inside += _bars(making, "attribution", bars)
        parts.append((*inside, _how(analysis)))
    lead = Words(say(
        "The gap is split into shares that add up to it exactly (Shapley values): what each"
        " changes, averaged over all orders in which the changes could be made."
    ))  # fmt: skip
    switched = of_each("attribution-switch", say("Scenario¦report"), names, parts)
    return Section("attribution", say("Whose change costs what"), (lead, *switched))


def _bars(making: Making, section: str, bars: Bars) -> tuple[Part, ...]:
    named = [bar.id for bar in bars.bars if bar.id in METRICS]
    found = making.picture(section, bars, bars_chart(bars), making.link(bars.metric))
    return (*found, *(named_metrics(making, named) if named else ()))


def _bottleneck(making: Making, analysis: Analysis) -> Section:
    parts = (
        *_verdict(analysis.said),
        Words(say(
            "One person more in each team, everything else and the luck as they are: what that"
            " changes. A hollow bar cannot be told from nothing."
        )),
        *_bars(making, "bottleneck", bottleneck_bars(analysis)),
        _how(analysis),
    )  # fmt: skip
    heading = say("Which team limits {name}", name=analysis.said["scenario"])
    return Section("bottleneck", heading, parts)


def _sensitivity(making: Making, analysis: Analysis) -> Section:
    shape = tornado(analysis)
    parts = _verdict(analysis.said)
    if shape.spokes:
        parts += making.picture(
            "sensitivity", shape, tornado_chart(shape), making.link(shape.metric)
        )  # fmt: skip
    parts.append(_how(analysis))
    return Section("sensitivity", say("What if an assumption is wrong?"), tuple(parts))


def _incentives(making: Making, analysis: Analysis) -> Section:
    parts = _verdict(analysis.said)
    parts += _bars(making, "incentives", incentives_bars(analysis))
    parts.append(_how(analysis))
    heading = say("What departments of {name} would do", name=analysis.said["scenario"])
    return Section("incentives", heading, tuple(parts))


def _verdict(said: Mapping[str, Any]) -> list[Part]:
    """Return what an analysis says, its first sentences set off."""
    verdict = said["verdict"]
    first, *rest = verdict if isinstance(verdict, list) else [verdict]
    if len(rest) < _MOST_SENTENCES:
        return [Words(str(first), "lead"), *([Words(" ".join(map(str, rest)))] if rest else [])]
    return [Words(str(first), "lead"), Listing(tuple(("", str(each)) for each in rest))]


def _how(analysis: Analysis) -> Part:
    """Say by which command the analysis was made."""
    said = say("How this was made")
    command = shlex.join(map(str, analysis.said["command"]))
    return Folded(said, (Words(command, "command"),))


# ------------------------------------------------------------------ what is missing


def missing_section(
    making: Making, names: tuple[str, ...], options: tuple[str, ...], refused: Mapping[str, str]
) -> Section | None:
    """Offer the analyses that were not made: what they would answer, and what to type.

    Parameters
    ----------
    making : Making
    names : tuple of str
        The scenarios as typed.
    options : tuple of str
        What was typed that the analyses must have, too: the seed and ``--set``.
    refused : mapping of str to str
        Why an analysis could not be made, by its command.
    """
    made = {each.command for each in making.evidence.analyses.values()}
    blocks: list[Part] = []
    for command in COMMANDS:
        if command in made or (command == "attribute" and not making.others):
            continue
        inside: list[Part] = [Words(_answers(command, making))]
        if command in refused:
            why = say("It could not be made: {why}", why=refused[command])
            inside.append(Words(why, "warning"))
        inside.append(Words(shlex.join(_typed(command, names, options)), "command"))
        blocks.append(Block(_heading(command), tuple(inside)))
    if not blocks:
        return None
    again = ["themodel", "report", *names, *options, "--from", "DIR", "-o", "report.html"]
    lead = (
        Words(say("These analyses were not made. Each can be made with the command below it.")),
        Listing((
            ("", say("All at once: the same report with --full.")),
            ("", say("One by one: then {command}, with the folder of each.",
                     command=shlex.join(again))),
        )),
    )  # fmt: skip
    return Section("further", say("What else could be asked"), (*lead, *blocks))


def _heading(command: str) -> str:
    return {
        "attribute": say("Whose change costs what?"),
        "bottleneck": say("Which team limits the company?"),
        "sensitivity": say("Does the verdict survive wrong assumptions?"),
        "incentives": say("What would departments do under their measures?"),
    }[command]


def _answers(command: str, making: Making) -> str:
    reference, last = making.names[0], making.names[-1]
    if command == "attribute":
        return say(
            "What of the gap between {reference} and {last} belongs to which department, handoff"
            " or mechanism.",
            reference=reference, last=last,
        )  # fmt: skip
    if command == "bottleneck":
        return say("What one person more or less in each team of {last} would change.", last=last)
    if command == "incentives":
        return say(
            "What departments of {last} would do if each did what pays it best, and what that"
            " costs the company.",
            last=last,
        )
    if making.others:
        return say(
            "In what share of all settings of the uncertain assumptions {reference} still beats"
            " {last} or the reverse, and which assumption alone would flip that.",
            reference=reference, last=last,
        )  # fmt: skip
    return say("Which uncertain assumption moves the result of {last} most.", last=last)


def _typed(command: str, names: tuple[str, ...], options: tuple[str, ...]) -> list[str]:
    first, last = names[0], names[-1]
    words = {
        "attribute": [first, last],
        "bottleneck": [last],
        "sensitivity": [first, *(["--versus", last] if len(names) > 1 else [])],
        "incentives": [last],
    }[command]
    return ["themodel", command, *words, *options, "--out", command]

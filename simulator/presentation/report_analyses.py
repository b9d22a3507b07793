"""What the analyses found, and what those that were not made would answer."""

from __future__ import annotations

import math
import shlex
from collections.abc import Mapping

from markupsafe import Markup

from simulator.experiment.sensitivity_words import LUCK_NOTE
from simulator.languages.languages import spoken
from simulator.languages.messages import say
from simulator.metrics import METRICS
from simulator.metrics.units import with_unit
from simulator.presentation.analysis_commands import ANALYSES, Typed
from simulator.presentation.pictures.bars import bars_chart
from simulator.presentation.pictures.tornado import tornado_chart
from simulator.presentation.report_making import Making, named_metrics, of_each, sentence
from simulator.presentation.report_parts import (
    Block,
    Folded,
    Listing,
    Part,
    Section,
    Words,
    clean,
)
from simulator.presentation.views.analyses import (
    attribution_bars,
    bottleneck_bars,
    incentives_bars,
    tornado,
)
from simulator.presentation.views.shapes import Analysis, Bars

_MOST_SENTENCES = 3
"""Of more, each stands on a line of its own."""


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
        inside = _verdict(analysis)
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
        *_verdict(analysis),
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
    parts = _verdict(analysis)
    if math.isfinite(shape.survives):
        parts.append(Words(say(LUCK_NOTE), "note"))
    if shape.spokes:
        parts += making.picture(
            "sensitivity", shape, tornado_chart(shape), making.link(shape.metric)
        )  # fmt: skip
    parts.append(_how(analysis))
    return Section("sensitivity", say("What if an assumption is wrong?"), tuple(parts))


def if_assumptions_vary(making: Making) -> str:
    """Say in how much of all settings of the assumptions the one that leads still does.

    "" where that was not asked of the main figure; its own section says what to make of it.

    Parameters
    ----------
    making : Making
    """
    analysis = making.evidence.analyses.get("sensitivity")
    found = None if analysis is None else analysis.said.get("survival")
    if analysis is None or not found or analysis.said["metric"] != making.comparison.main:
        return ""
    return say(
        "If assumptions vary over their whole ranges, all at once, {leader} leads {other} at"
        " {ahead} of {points} settings ({share}).",
        leader=found["leader"], other=found["other"], ahead=f"{found['ahead']:g}",
        points=found["points"], share=with_unit(f"{100.0 * float(found['share']):.0f}", "%"),
    )  # fmt: skip


def doubt(making: Making) -> Markup | None:
    """Return the same for the first screen, leading to its section; None where it was not asked.

    Parameters
    ----------
    making : Making
    """
    said = if_assumptions_vary(making)
    if not said:
        return None
    link = Markup('<a href="#sensitivity">{}</a>').format(say("What if an assumption is wrong?"))
    return sentence(say("{finding} See {section}"), finding=said, section=link)


def _incentives(making: Making, analysis: Analysis) -> Section:
    parts = _verdict(analysis)
    parts += _bars(making, "incentives", incentives_bars(analysis))
    parts.append(_how(analysis))
    heading = say("What departments of {name} would do", name=analysis.said["scenario"])
    return Section("incentives", heading, tuple(parts))


def _verdict(analysis: Analysis) -> list[Part]:
    """Return what an analysis says, its first sentences set off, in the language it was kept in."""
    kept = str(analysis.said.get("language", spoken()))
    first, *rest = [_in_language(str(each), kept) for each in analysis.said["verdict"]]
    again = [] if kept == spoken() else [_said_in(kept, analysis)]
    if len(rest) < _MOST_SENTENCES:
        space = " " if kept == spoken() else Markup(" ")
        beside = [Words(space.join(rest))] if rest else []
        return [Words(first, "lead"), *beside, *again]
    return [Words(first, "lead"), Listing(tuple(("", each) for each in rest)), *again]


def _in_language(text: str, language: str) -> str | Markup:
    """Mark a text that is in another language than the page, so that it is read out as such."""
    if language == spoken():
        return text
    return Markup('<span lang="{}">{}</span>').format(language, clean(text))


def _said_in(language: str, analysis: Analysis) -> Words:
    """Say that an analysis speaks another language than the page, and how to have it in this."""
    again = shlex.join([*map(str, analysis.said["command"]), "--lang", spoken(), "--out", "DIR"])
    if language == "en":
        return Words(say("This was written in English; {command} says it anew.", command=again),
                     "note")  # fmt: skip
    return Words(say("This was written in Japanese; {command} says it anew.", command=again),
                 "note")  # fmt: skip


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
    for command in ANALYSES:
        if command in made or (command == "attribute" and not making.others):
            continue
        inside: list[Part] = [Words(_answers(command, making))]
        if command in refused:
            why = say("It could not be made: {why}", why=refused[command])
            inside.append(Words(why, "warning"))
        typed = [*Typed(names, options).analysis(command), "--out", command]
        inside.append(Words(shlex.join(typed), "command"))
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
            "In what share of all settings of the uncertain assumptions the lead of one of"
            " {reference} and {last} over the other holds, and which assumption alone would flip"
            " it.",
            reference=reference, last=last,
        )  # fmt: skip
    return say("Which uncertain assumption moves the result of {last} most.", last=last)

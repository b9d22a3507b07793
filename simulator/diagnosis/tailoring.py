"""From answers to the scenario of this organization, and to a file that a person can read."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulator.diagnosis.answers import WORDS, Answers
from simulator.diagnosis.practices import Setting, settings
from simulator.diagnosis.questions import DANGEROUS, Question, questions
from simulator.errors import Problem, ScenarioError
from simulator.languages.languages import Both, Language
from simulator.metrics.definitions import TEAMS
from simulator.scenario import LoadedScenario
from simulator.scenario.changing import changed
from simulator.scenario.loading import shipped_scenarios
from simulator.scenario.provenance import plain
from simulator.scenario.scalars import compact, plain_value
from simulator.scenario.schema import Scenario

KeyPath = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """One key of the scenario that an answer or a fact sets.

    Attributes
    ----------
    path : tuple of str
    value : float, int or str
    question : Question or None
        Whose answer it was; None of a fact.
    source : str
    span : (low, high) or None
    """

    path: KeyPath
    value: float | int | str
    question: Question | None
    source: str
    span: tuple[float, float] | None = None


def changes(answers: Answers, company: Scenario) -> list[Change]:
    """Return what answers and facts set, in the order of asking, facts first.

    A value that follows from what a department is measured on gives way where another answer
    says what the department does.

    Parameters
    ----------
    answers : Answers
    company : Scenario
        What they are applied to.

    Raises
    ------
    ScenarioError
        If a fact cannot be applied to this company.
    """
    facts = list(_fact_changes(answers.facts, company))
    sized = _applied(company, facts)
    chosen: dict[str, tuple[Question, Setting]] = {}
    for question in questions().values():
        for setting in settings(question.id, answers.by_question[question.id], sized):
            held = chosen.get(setting.path)
            if held is None or held[1].yields:
                chosen[setting.path] = (question, setting)
    return facts + [
        Change(
            tuple(path.split(".")),
            setting.value,
            question,
            f"answer to question {question.number} ({question.id}:"
            f" {answers.by_question[question.id]}); {setting.source}",
            setting.span,
        )
        for path, (question, setting) in chosen.items()
    ]


def tailored(answers: Answers, company: Scenario) -> Scenario:
    """Return the organization that answers and facts describe.

    Parameters
    ----------
    answers : Answers
    company : Scenario
        Whatever was not answered stays as it is there.

    Raises
    ------
    ScenarioError
        If the result breaks a rule.
    """
    return _applied(company, changes(answers, company))


def _applied(company: Scenario, made: list[Change]) -> Scenario:
    values: dict[str, Any] = {}
    channels = plain(company)["market"]["channels"]
    for change in made:
        if change.path[:2] == ("market", "channels"):
            # By name, which may hold a dot.
            channels[change.path[2]][change.path[3]] = change.value
            values["market.channels"] = channels
        else:
            values[".".join(change.path)] = change.value
    return changed(company, values) if values else company


# ------------------------------------------------------------------ facts


def usual_facts(company: Scenario) -> dict[str, float]:
    """Return the facts as a scenario has them."""
    people = {f"{team}_people": float(getattr(company.teams, team).people) for team in TEAMS}
    return {
        **people,
        "inquiries_per_day": _inquiries(company),
        "customers": float(company.start.customers),
        "deal_size": company.market.deal.median,
        "months": company.horizon.months,
    }


def _inquiries(company: Scenario) -> float:
    return sum(channel.leads_per_day for channel in company.market.channels.values())


def _fact_changes(facts: Mapping[str, float], company: Scenario) -> Iterator[Change]:
    def stated(path: str, value: float | int, why: str = "") -> Change:
        source = "stated when the questions were answered" + (f"; {why}" if why else "")
        return Change(tuple(path.split(".")), value, None, source)

    if "months" in facts:
        yield stated("horizon.months", facts["months"])
    for team in TEAMS:
        if f"{team}_people" in facts:
            yield stated(f"teams.{team}.people", int(facts[f"{team}_people"]))
    if "customers" in facts:
        yield stated("start.customers", int(facts["customers"]))
    if "deal_size" in facts:
        deal, median = company.market.deal, facts["deal_size"]
        yield stated("market.deal.median", median)
        why = "as far above the median as before"
        yield stated("market.deal.p90", _rounded(median * deal.p90 / deal.median), why)
    if "inquiries_per_day" in facts:
        yield from _more_inquiries(facts["inquiries_per_day"], company)


def _more_inquiries(wanted: float, company: Scenario) -> Iterator[Change]:
    """Scale every channel, its budget, and what earlier inquiries left in the pipeline."""
    now = _inquiries(company)
    if not now > 0.0:
        rule = "cannot be spread over channels: the scenario has no inquiries"
        raise ScenarioError([Problem("facts", "inquiries_per_day", f"{wanted:g}", rule)])
    times = wanted / now
    why = f"stated {wanted:g} inquiries a day instead of {now:g}, in every channel alike"
    for name, channel in company.market.channels.items():
        for key in ("leads_per_day", "spend_per_month"):
            value = _rounded(getattr(channel, key) * times)
            yield Change(("market", "channels", name, key), value, None, why)
    for key in ("opportunities", "parked"):
        yield Change(("start", key), round(getattr(company.start, key) * times), None, why)


def _rounded(value: float) -> float:
    return float(f"{value:.6g}")


# ------------------------------------------------------------------ the file

_QUESTION = Both(
    "What does our organization forgo, and what would help most?",
    "私たちの組織は何を失っていて、何が最も効くのか?",
)
_STANDS_FOR = Both(
    "One person's answers to the questions of the articles; magnitudes are the model's defaults.",
    "記事の質問への一人の回答。影響の大きさはモデルの既定値による。",
)
_WRITTEN = Both(
    "Written by themodel diagnose. Every value says which answer it is from.",
    "themodel diagnose が書き出したファイルです。各値に、どの回答によるかを記しています。",
)
_ANSWER_NOTE = Both("answer to question {number}", "質問{number}への回答")
_FACT_NOTE = Both("stated", "入力された値")
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def scenario_text(
    answers: Answers, loaded: LoadedScenario, language: Language, folder: Path
) -> str:
    """Return the scenario as YAML, with questions and answers as comments.

    Parameters
    ----------
    answers : Answers
    loaded : LoadedScenario
        What they are applied to.
    language : {"en", "ja"}
        Of question and comments.
    folder : Path
        Where the file will lie, which decides how it names the other.

    Raises
    ------
    ScenarioError
        If a fact cannot be applied to this company.
    """
    made = changes(answers, loaded.scenario)
    lines = [f"# {_WRITTEN(language)}", "#"]
    for question in questions().values():
        answer = answers.by_question[question.id]
        words = question.answer(answer)(language)
        if answer == DANGEROUS:
            words += f" (= {question.means(language)})"
        lines.append(f"# {question.number}. {question.ask(language)}")
        lines.append(f"#    {WORDS[answer](language)}: {words}")
    lines += [
        "",
        f"question: {_quoted(_QUESTION(language))}",
        f"stands_for: {_quoted(_STANDS_FOR(language))}",
        f"extends: {_quoted(_extends(folder, loaded))}",
    ]
    tree: dict[str, Any] = {}
    for change in made:
        place = tree
        for key in change.path[:-1]:
            place = place.setdefault(key, {})
        place[change.path[-1]] = change
    lines += _block(tree, language, 0)
    if made:
        lines += ["", "sources:", *map(_source, made)]
    return "\n".join(lines) + "\n"


def _block(tree: Mapping[str, Any], language: Language, depth: int) -> Iterator[str]:
    for key, held in tree.items():
        if depth == 0:
            yield ""
        start = f"{'  ' * depth}{_key(key)}:"
        if isinstance(held, Change):
            note = _FACT_NOTE(language)
            if held.question is not None:
                note = _ANSWER_NOTE(language, number=held.question.number)
            yield f"{start} {compact(held.value)}  # {note}"
        else:
            yield start
            yield from _block(held, language, depth + 1)


def _source(change: Change) -> str:
    # A practice is common knowledge of the trade at best: the magnitude is the model's.
    entry = f"source: {_quoted(change.source)}, trust: M"
    if change.span is not None:
        low, high = map(compact, change.span)
        entry += f", range: [{low}, {high}]"
    return f"  {_key('.'.join(change.path))}: {{{entry}}}"


def _key(name: str) -> str:
    """Write a key: channels have whatever names the user gave them."""
    dotted_words = all(_PLAIN.fullmatch(part) for part in name.split("."))
    value, rule = plain_value(name)
    return name if dotted_words and isinstance(value, str) and not rule else _quoted(name)


def _quoted(text: str) -> str:
    """Write a text in double quotes; what cannot be printed is escaped."""
    return '"' + "".join(
        json.dumps(each)[1:-1] if each in '"\\' or ord(each) < 0x20 else each
        if each.isprintable() else f"\\U{ord(each):08x}"
        for each in text
    ) + '"'  # fmt: skip


def _extends(folder: Path, loaded: LoadedScenario) -> str:
    """How the new file names the old one: shipped ones by name, others from where it lies."""
    if loaded.path in shipped_scenarios().values():
        return loaded.path.name
    return os.path.relpath(loaded.path.resolve(), folder.resolve())

"""This organization against its healthy twin: what it forgoes, through what, and what would help.

Every arm is the same company with the same buyers and the same luck; only answers differ. The
twin has the good answer wherever something was answered; what nobody knows is the same in both.
A remedy turns one answer to the good one from the first day, all else as it is. A mechanism is
switched off in the organization and in its twin: what is then missing of the gap between them is
what the mechanism carries. Each list is one set of questions asked at once (Holm).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from simulator.diagnosis.answers import Answers
from simulator.diagnosis.practices import FEEDS, GOVERNS
from simulator.diagnosis.questions import DANGEROUS, GOOD, PARTLY, UNKNOWN, Answer, Question
from simulator.diagnosis.tailoring import tailored
from simulator.engine import named, using
from simulator.experiment.differences import gaps, tied_with, told_among
from simulator.experiment.execution import (
    Job,
    Workers,
    execute,
    execution_of,
    prepare_streaming,
    run_streamed,
)
from simulator.experiment.quantities import as_json, better, main_metric
from simulator.experiment.readiness import Scenarios, prepared
from simulator.experiment.replications import replication_numbers
from simulator.experiment.statistics import Estimate, Floats
from simulator.scenario.behavior import Mechanisms
from simulator.scenario.changing import changed, value_of
from simulator.scenario.schema import Scenario

MECHANISMS = tuple(Mechanisms.model_fields)
"""The ten causal links, in the order in which the model numbers them."""

_HERE, _TWIN = "organization", "healthy twin"


@dataclass(frozen=True, slots=True)
class Effect:
    """A paired difference.

    Attributes
    ----------
    estimate : Estimate
        With the 95 % interval that it has by itself.
    told : int
        1 or -1 if its sign can be told among all that were asked at once, else 0.
    """

    estimate: Estimate
    told: int

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {**as_json(self.estimate), "told": bool(self.told)}


Effects = Mapping[str, Effect]
"""By metric."""


@dataclass(frozen=True, slots=True)
class Remedy:
    """What the good answer to one question would change, from the first day.

    Attributes
    ----------
    question : Question
    answer : {"partly", "dangerous"}
        What was answered.
    effects : mapping of str to Effect
    """

    question: Question
    answer: Answer
    effects: Effects

    @property
    def is_idle(self) -> bool:
        """Whether it changes nothing at all while the other answers stand."""
        known = [e.estimate for e in self.effects.values() if np.isfinite(e.estimate.mean)]
        return all(each.mean == 0.0 and not each.low and not each.high for each in known)


@dataclass(frozen=True, slots=True)
class Carried:
    """What one mechanism carries of the gap to the healthy twin.

    Attributes
    ----------
    mechanism : str
    switched_on, fed : tuple of Question
        Whose answers act through it; whose answers make it work harder further down.
    active : bool
        Whether the scenario has it switched on at all.
    effect : Effect
        On the gap (twin less organization) of the main metric: with the mechanism less without.
    """

    mechanism: str
    switched_on: tuple[Question, ...]
    fed: tuple[Question, ...]
    active: bool
    effect: Effect


@dataclass(frozen=True, slots=True)
class Open:
    """What not knowing an answer leaves open.

    Attributes
    ----------
    question : Question
    if_good, if_dangerous : Estimate
        On the main metric, against the organization as assumed.
    between : Effect
        What lies between the dangerous and the good answer.
    """

    question: Question
    if_good: Estimate
    if_dangerous: Estimate
    between: Effect


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What answers come to.

    Attributes
    ----------
    name : str
        Of the scenario that they were applied to.
    answers : Answers
    scenario, twin : Scenario
        The organization, and the same with the good answers.
    metrics : tuple of str
        The main one first.
    seed : int
    asked : int
        Number of replications asked for.
    numbers : tuple of int
        Those that finished in every arm.
    interrupted : bool
    arms : int
        Number of companies that were run.
    levels : dict of str to (Estimate, Estimate)
        By metric: of the organization, and of its twin.
    gap : dict of str to Effect
        Twin less organization: what all remedies together give.
    remedies : tuple of Remedy
        Best first, by the main metric.
    tied : tuple of str
        Ids of those that cannot be told from the best one.
    apart : Effect
        All remedies together less the sum of each alone, of the main metric.
    mechanisms : tuple of Carried
        Those that answers act through or feed; the one that carries most first.
    unknown : tuple of Open
        The one that leaves most open first.
    """

    name: str
    answers: Answers
    scenario: Scenario
    twin: Scenario
    metrics: tuple[str, ...]
    seed: int
    asked: int
    numbers: tuple[int, ...]
    interrupted: bool
    arms: int
    levels: dict[str, tuple[Estimate, Estimate]]
    gap: dict[str, Effect]
    remedies: tuple[Remedy, ...]
    tied: tuple[str, ...]
    apart: Effect | None
    mechanisms: tuple[Carried, ...]
    unknown: tuple[Open, ...]

    @property
    def main(self) -> str:
        """The metric by which remedies are ranked."""
        return self.metrics[0]

    @property
    def sum_of_remedies(self) -> float:
        """What the remedies would give if their effects added up."""
        return sum(each.effects[self.main].estimate.mean for each in self.remedies)

    def as_json(self) -> dict[str, Any]:
        """Return the result as one object."""
        return {
            "scenario": self.name,
            "metric": self.main,
            "currency": self.scenario.currency,
            "answers": dict(self.answers.by_question),
            "facts": dict(self.answers.facts),
            "organization": {m: as_json(pair[0]) for m, pair in self.levels.items()},
            "healthy_twin": {m: as_json(pair[1]) for m, pair in self.levels.items()},
            "gap": {m: effect.as_json() for m, effect in self.gap.items()},
            "remedies": [
                {
                    "question": each.question.id,
                    "answer": each.answer,
                    "effects": {m: effect.as_json() for m, effect in each.effects.items()},
                }
                for each in self.remedies
            ],
            "tied_with_best": list(self.tied),
            "together_less_sum": None if self.apart is None else self.apart.as_json(),
            "mechanisms": [
                {
                    "mechanism": each.mechanism,
                    "switched_on_by": [question.id for question in each.switched_on],
                    "fed_by": [question.id for question in each.fed],
                    "active": each.active,
                    "carries": each.effect.as_json(),
                }
                for each in self.mechanisms
            ],
            "unknown": [
                {
                    "question": each.question.id,
                    "if_good": as_json(each.if_good),
                    "if_dangerous": as_json(each.if_dangerous),
                    "between": each.between.as_json(),
                }
                for each in self.unknown
            ],
            "replications": len(self.numbers),
            "seed": self.seed,
        }


def diagnose(
    answers: Answers,
    company: Scenarios = "base",
    *,
    seed: int = 1,
    replications: int = 20,
    workers: Workers = 1,
) -> Diagnosis:
    """Hold an organization against its healthy twin, and rank its remedies.

    Parameters
    ----------
    answers : Answers
    company : Scenario, LoadedScenario, str or path
        What they are applied to; the default company if not given.
    seed : int
    replications : int
    workers : int or Execution

    Returns
    -------
    Diagnosis
        After Ctrl-C of the replications finished in every arm until then.

    Raises
    ------
    ScenarioError
        If the scenario cannot be used, or a fact cannot be applied to it.
    KeyboardInterrupt
        After Ctrl-C before a replication has finished in every arm.
    ReplicationError, ValueError
        As :func:`~simulator.experiment.execution.execute`.
    """
    loaded = prepared(company)
    arms = _arms(answers, loaded.scenario)
    here = arms[_HERE]
    how = execution_of(workers)
    with using(how.engine or named()):
        prepare_streaming()
    names, scenarios = _distinct(arms)
    wanted = replication_numbers(replications)
    jobs: list[Job] = [(name, number) for number in wanted for name in scenarios]
    done = execute(scenarios, jobs, seed, run_streamed, how)
    numbers = tuple(n for n in wanted if all((name, n) in done.runs for name in scenarios))
    if not numbers:
        raise KeyboardInterrupt
    main = main_metric(here)
    churn = ("logo_churn",) if here.sale == "subscription" else ()
    metrics = (main, "profit", *churn, "wins")
    runs = _Measured(done.runs, names, numbers)
    gap = _effects({m: runs.gap(m) for m in metrics})
    remedies, tied, apart = _remedies(answers, runs, metrics)
    return Diagnosis(
        name=loaded.name,
        answers=answers,
        scenario=here,
        twin=arms[_TWIN],
        metrics=metrics,
        seed=seed,
        asked=len(wanted),
        numbers=numbers,
        interrupted=done.interrupted,
        arms=len(scenarios),
        levels={
            m: (Estimate.of(runs.of(_HERE, m)), Estimate.of(runs.of(_TWIN, m))) for m in metrics
        },
        gap=gap,
        remedies=remedies,
        tied=tied,
        apart=apart,
        mechanisms=_mechanisms(through(answers, loaded.scenario), here, runs, main),
        unknown=_unknown(answers, runs, main),
    )


def through(
    answers: Answers, company: Scenario
) -> dict[str, tuple[tuple[Question, ...], tuple[Question, ...]]]:
    """Return through which mechanisms answers act, in the order of the model.

    An answer switches a mechanism on where the good answer would set a key that the mechanism
    governs otherwise; it feeds those further down that make more of it.

    Parameters
    ----------
    answers : Answers
    company : Scenario
        What they are applied to.

    Returns
    -------
    dict of str to (tuple of Question, tuple of Question)
        By mechanism: the questions whose answer switches it on, and those whose answer feeds it.
        Mechanisms that no answer acts through are left out.
    """
    direct: dict[str, list[Question]] = {name: [] for name in MECHANISMS}
    fed: dict[str, list[Question]] = {name: [] for name in MECHANISMS}
    here = tailored(answers, company)
    for question in answers.those(PARTLY, DANGEROUS):
        cured = tailored(answers.with_answer(question.id, GOOD), company)
        turned = {
            path
            for path in {*FEEDS, *(key for keys in GOVERNS.values() for key in keys)}
            if value_of(here, path) != value_of(cured, path)
        }
        further = {name for path in turned for name in FEEDS.get(path, ())}
        for name in MECHANISMS:
            if turned.intersection(GOVERNS[name]):
                direct[name].append(question)
            elif name in further:
                fed[name].append(question)
    return {
        name: (tuple(direct[name]), tuple(fed[name]))
        for name in MECHANISMS
        if direct[name] or fed[name]
    }


# ------------------------------------------------------------------ what is run


def _arms(answers: Answers, company: Scenario) -> dict[str, Scenario]:
    healthy = answers.healthy()
    arms = {_HERE: tailored(answers, company), _TWIN: tailored(healthy, company)}
    for question in answers.those(PARTLY, DANGEROUS):
        arms[_cured(question)] = tailored(answers.with_answer(question.id, GOOD), company)
    for question in answers.those(UNKNOWN):
        for answer in (GOOD, DANGEROUS):
            arms[_known(question, answer)] = tailored(
                answers.with_answer(question.id, answer), company
            )
    for mechanism in through(answers, company):
        off = {f"mechanisms.{mechanism}.active": False}
        for name in (_HERE, _TWIN):
            arms[_without(name, mechanism)] = changed(arms[name], off)
    return arms


def _distinct(arms: Mapping[str, Scenario]) -> tuple[dict[str, str], dict[str, Scenario]]:
    """Run what is the same company once: return which name stands for which, and those run."""
    names: dict[str, str] = {}
    scenarios: dict[str, Scenario] = {}
    for name, scenario in arms.items():
        same = next((other for other, each in scenarios.items() if each == scenario), name)
        names[name] = same
        scenarios.setdefault(same, scenario)
    return names, scenarios


def _cured(question: Question) -> str:
    return f"{question.id} cured"


def _known(question: Question, answer: Answer) -> str:
    return f"{question.id} {answer}"


def _without(name: str, mechanism: str) -> str:
    return f"{name} without {mechanism}"


class _Measured:
    """What the runs gave, by arm."""

    def __init__(
        self,
        runs: Mapping[Job, Mapping[str, float]],
        names: Mapping[str, str],
        numbers: Sequence[int],
    ) -> None:
        self._runs = runs
        self._names = names
        self._numbers = numbers

    def of(self, arm: str, metric: str) -> Floats:
        """Return one value per replication."""
        name = self._names[arm]
        return np.array([self._runs[name, n][metric] for n in self._numbers], dtype=np.float64)

    def effect(self, arm: str, metric: str, than: str = _HERE) -> Floats:
        """Return the paired difference to another arm, per replication."""
        return gaps(self.of(than, metric), self.of(arm, metric))

    def gap(self, metric: str) -> Floats:
        """Return what the twin has more."""
        return self.effect(_TWIN, metric)


# ------------------------------------------------------------------ what comes out


def _effects(values: Mapping[str, Floats]) -> dict[str, Effect]:
    """Estimate differences that are asked about at once, by their names."""
    if not values:
        return {}
    told = told_among(np.array(list(values.values())).T)
    found = {}
    for (name, each), is_told in zip(values.items(), told, strict=True):
        one = Estimate.of(each)
        found[name] = Effect(one, int(np.sign(one.mean)) if is_told else 0)
    return found


def _remedies(
    answers: Answers, runs: _Measured, metrics: Sequence[str]
) -> tuple[tuple[Remedy, ...], tuple[str, ...], Effect | None]:
    amiss = answers.those(PARTLY, DANGEROUS)
    if not amiss:
        return (), (), None
    by_metric = {m: _effects({q.id: runs.effect(_cured(q), m) for q in amiss}) for m in metrics}
    main = metrics[0]
    sign = better(main)
    found = sorted(
        (
            Remedy(q, answers.by_question[q.id], {m: by_metric[m][q.id] for m in metrics})
            for q in amiss
        ),
        key=lambda each: -sign * each.effects[main].estimate.mean,
    )
    values = {q.id: runs.effect(_cured(q), main) for q in amiss}
    best = found[0]
    helps = best.effects[main].told == sign
    tied = tuple(tied_with(best.question.id, values)) if helps and len(values) > 1 else ()
    apart = _effects({"": runs.gap(main) - np.sum(list(values.values()), axis=0)})[""]
    return tuple(found), tied, apart if len(amiss) > 1 else None


def _mechanisms(
    acting: Mapping[str, tuple[tuple[Question, ...], tuple[Question, ...]]],
    here: Scenario,
    runs: _Measured,
    metric: str,
) -> tuple[Carried, ...]:
    carried = _effects(
        {
            name: runs.gap(metric)
            - runs.effect(_without(_TWIN, name), metric, _without(_HERE, name))
            for name in acting
        }
    )
    found = [
        Carried(name, direct, fed, _is_active(here, name), carried[name])
        for name, (direct, fed) in acting.items()
    ]
    sign = better(metric)
    return tuple(sorted(found, key=lambda each: -sign * each.effect.estimate.mean))


def _is_active(scenario: Scenario, mechanism: str) -> bool:
    stated = getattr(scenario.mechanisms, mechanism)
    return bool(stated.active and stated.strength > 0.0)


def _unknown(answers: Answers, runs: _Measured, metric: str) -> tuple[Open, ...]:
    asked = answers.those(UNKNOWN)
    between = _effects(
        {q.id: runs.effect(_known(q, GOOD), metric, _known(q, DANGEROUS)) for q in asked}
    )
    found = [
        Open(
            q,
            Estimate.of(runs.effect(_known(q, GOOD), metric)),
            Estimate.of(runs.effect(_known(q, DANGEROUS), metric)),
            between[q.id],
        )
        for q in asked
    ]
    return tuple(sorted(found, key=lambda each: -abs(each.between.estimate.mean)))

"""Whose fault, where, which rule, and what to do about it."""

from __future__ import annotations

from concurrent.futures import BrokenExecutor, CancelledError
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with an input.

    Attributes
    ----------
    where : str
        ``file:line:column``, or the name of the command-line option.
    key : str
        Dotted path of the key (empty when the whole file is meant).
    value : str
        The offending value as the user wrote it (shortened).
    rule : str
        The rule that it breaks, with the remedy and the nearest known name where there is one.
    """

    where: str
    key: str
    value: str
    rule: str

    def __str__(self) -> str:
        return ": ".join(part for part in (self.where, self.key, self.value, self.rule) if part)


class ScenarioError(ValueError):
    """The scenario is wrong: the user can mend it. Carries every problem found at once."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))


class OutputError(OSError):
    """A result could not be written; what was written before is intact."""


class ReplicationError(RuntimeError):
    """A replication failed; says which one, so that it can be repeated alone."""

    def __init__(self, replication: int, seed: int, name: str, cause: BaseException) -> None:
        self.replication = replication
        self.seed = seed
        if isinstance(cause, BrokenExecutor):
            said = "its worker process ended abruptly, again and again; is there enough memory?"
        elif isinstance(cause, CancelledError):
            said = "the executor gave it up; is the cluster still there?"
        else:
            said = f"{type(cause).__name__}: {cause}"
        super().__init__(f"{name}: replication {replication} with seed {seed} failed: {said}")

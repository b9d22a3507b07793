"""Whose fault, where, which rule, and what to do about it."""

from __future__ import annotations

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

"""The registry as a page: docs/metrics.md."""

from __future__ import annotations

from simulator.metrics.definitions import METRICS, Department

_TITLES: dict[Department, str] = {
    "marketing": "Marketing",
    "inside_sales": "Inside sales",
    "field_sales": "Field sales",
    "customer_success": "Customer success",
    "shared": "Shared",
    "finance": "Money",
    "flow": "Flow per team",
}


def registry_markdown() -> str:
    """Render the registry as docs/metrics.md."""
    lines = [
        "# Metrics",
        "",
        "Made from `simulator/metrics/definitions.py` by `registry_markdown()`; a test keeps it",
        "current. A ratio whose denominator is zero is missing (NaN), never 0. Shares are in 0..1.",
        "A month has 20 business days, a quarter 60. A period excludes its first instant and",
        "includes its last; totals cover the run after its warm-up. Levels (MRR, customers) are",
        "never cut by the warm-up. In formulas of ratios the parts are named, not their symbols.",
        "",
        "A time that is longer than what was seen is infinite (in files: empty): a median of",
        "waits of which fewer than half have ended. So is, of a month, a time of those that end if",
        "too little of what ends could be seen by the end of the run, of a median less than 95 %,",
        "of a 90 % quantile less than 99 %: the last months would look fast only because their",
        "slow cases have not ended. Where a time is infinite in one run, the mean over runs is",
        "missing, and no mean of the fast runs alone. A mean wait goes up to the longest one that",
        "was observed, of late months a shorter one: it compares scenarios month by month, which",
        "are followed alike, and no early month with a late one.",
    ]
    for department, title in _TITLES.items():
        lines += [
            "",
            f"## {title}",
            "",
            "| id | label | ラベル | formula | period or cohort rule | unit | better | monthly "
            "| source |",
            "|---|---|---|---|---|---|---|---|---|",
        ]
        lines += [
            f"| `{m.id}` | {m.label_en} | {m.label_ja} | {m.formula} | {m.rule} | {m.unit} "
            f"| {m.better} | {'yes' if m.monthly else 'no'} | {m.source} |"
            for m in METRICS.values()
            if m.department == department
        ]
    return "\n".join(lines) + "\n"

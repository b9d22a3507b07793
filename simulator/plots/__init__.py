"""Charts of matplotlib for slides and notebooks: from results to figures.

>>> from simulator import plots, replicate
>>> figure = plots.courses(replicate("base", replications=2))
>>> figure.savefig("mrr.png")  # doctest: +SKIP

Each takes what the functions of :mod:`simulator` return, and a ``size`` in inches (a slide unless
another is given). `CHARTS` says of each by name what it shows and needs; `drawn` draws all that
apply.
"""

from simulator.plots.catalogue import CHARTS, drawn
from simulator.plots.charts import (
    attribution,
    bottleneck,
    bridge,
    courses,
    dashboards,
    difference,
    flow,
    heat,
    incentives,
    queues,
    retention,
    tornado,
    triangle,
)

__all__ = [
    "CHARTS",
    "attribution",
    "bottleneck",
    "bridge",
    "courses",
    "dashboards",
    "difference",
    "drawn",
    "flow",
    "heat",
    "incentives",
    "queues",
    "retention",
    "tornado",
    "triangle",
]

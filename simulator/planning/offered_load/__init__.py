"""The work that comes to each department, from formulas: where a search for people begins."""

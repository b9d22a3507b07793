"""Forecasts from the past, held against what happened."""

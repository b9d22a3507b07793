"""Hiring plans out of spreadsheets, and back."""

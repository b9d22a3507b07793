"""The names of the departments, as a reader sees them."""

from __future__ import annotations

from simulator.languages.languages import spoken

TEAM_LABELS = {
    "marketing": ("Marketing", "マーケティング"),
    "inside_sales": ("Inside sales", "インサイドセールス"),
    "field_sales": ("Field sales", "フィールドセールス"),
    "customer_success": ("Customer success", "カスタマーサクセス"),
}


def team_label(team: str) -> str:
    """Name a department in the language that is spoken; any other team as it is called."""
    english, japanese = TEAM_LABELS.get(team, (team, team))
    return japanese if spoken() == "ja" else english

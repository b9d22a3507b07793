"""The JSON Schema (draft 7) by which editors complete and check scenario files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from simulator.languages.messages import marked, say
from simulator.scenario.fitted import SCALES
from simulator.scenario.provenance import TRUST_LETTERS

_TOLD = (
    ("unit", marked("unit: {text}")),
    ("source", marked("source: {text}")),
    ("trust", marked("trust: {text}")),
)
DRAFT = "http://json-schema.org/draft-07/schema#"

_ESTIMATE = {
    "description": marked(
        "What data told of one number (of a law: of one parameter, by its whole key);"
        " themodel run --input-uncertainty draws it from this."
    ),
    "type": "object",
    "properties": {
        "low": {"description": marked("Lower end of its 95 % interval."), "type": "number"},
        "high": {"description": marked("Upper end of the same."), "type": "number"},
        "cases": {"description": marked("Cases behind it."), "type": "integer", "minimum": 1},
        "method": {
            "description": marked("How it was estimated, in a few words."),
            "type": "string",
            "minLength": 1,
        },
        "scale": {
            "description": marked("On which scale its error is about normal; without it linear."),
            "enum": list(SCALES),
        },
        "group": {
            "description": marked("Numbers of one group were estimated together."),
            "type": "string",
            "minLength": 1,
        },
        "correlation": {
            "description": marked(
                "Of the errors of two of a group: the geometric mean of what both"
                " state, negative if their signs differ."
            ),
            "type": "number",
            "exclusiveMinimum": -1,
            "exclusiveMaximum": 1,
        },
    },
    "required": ["low", "high", "cases", "method"],
    "dependencies": {"group": ["correlation"], "correlation": ["group"]},
    "additionalProperties": False,
}


def draft7(model: type[BaseModel]) -> dict[str, Any]:
    """Make the schema of scenario files from the models.

    Nothing is required outside of laws: a file states only what differs from the files it
    extends, or from the default company.

    Parameters
    ----------
    model : type of BaseModel
        The root model.
    """
    schema = _converted(model.model_json_schema(ref_template="#/definitions/{model}"))
    further = {
        "extends": {
            "description": marked(
                "File or files that this one changes; relative to its folder, or the"
                " name of a shipped scenario."
            ),
            "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
        },
        "sources": {
            "description": marked(
                "Where this file has its numbers from, by key or block;"
                " the longest matching key counts."
            ),
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "properties": {
                    "source": {"type": "string", "minLength": 1},
                    "trust": {"enum": list(TRUST_LETTERS)},
                    "range": {
                        "description": marked(
                            "Lowest and highest value that the source allows, for a"
                            " single number; of a law: lowest and highest factor on its times."
                        ),
                        "type": "array",
                        "items": {"type": "number"},
                        "minItems": 2,
                        "maxItems": 2,
                    },
                    "estimate": _ESTIMATE,
                },
                "required": ["source", "trust"],
                "additionalProperties": False,
            },
        },
    }
    schema["properties"] = {**_said(further), **schema["properties"]}
    return {"$schema": DRAFT, **schema}


def written(schema: dict[str, Any]) -> str:
    """Write a schema as it stands in the repository."""
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


def write(schema: dict[str, Any], path: Path) -> None:
    """Write a schema to a file."""
    path.write_text(written(schema), encoding="utf-8")


def _converted(node: Any) -> Any:
    """Turn pydantic's 2020-12 into draft 7, all the way down."""
    if isinstance(node, list):
        return [_converted(item) for item in node]
    if not isinstance(node, dict):
        return node
    made = dict(node)
    # An OpenAPI keyword; oneOf with the constant `law` says the same.
    made.pop("discriminator", None)
    if "$defs" in made:
        made["definitions"] = made.pop("$defs")
    if "prefixItems" in made:
        made["items"] = made.pop("prefixItems")
        made["additionalItems"] = False
    if "anyOf" in made:
        made["anyOf"] = [option for option in made["anyOf"] if option != {"type": "null"}]
        if len(made["anyOf"]) == 1:
            made = {**made.pop("anyOf")[0], **made}
    if isinstance(made.get("required"), list) and "law" not in made.get("properties", {}):
        del made["required"]
    _describe(made)
    for key in ("properties", "definitions"):
        if isinstance(made.get(key), dict):
            made[key] = {name: _converted(item) for name, item in made[key].items()}
    for key in ("items", "anyOf", "oneOf", "allOf", "additionalProperties", "additionalItems"):
        if key in made:
            made[key] = _converted(made[key])
    if "$ref" in made and len(made) > 1:
        # Draft 7 ignores whatever stands beside a $ref.
        made = {"allOf": [{"$ref": made.pop("$ref")}], **made}
    return made


def _said(node: Any) -> Any:
    """Put descriptions into the language that is spoken."""
    if isinstance(node, list):
        return [_said(each) for each in node]
    if not isinstance(node, dict):
        return node
    return {
        key: say(each) if key == "description" and isinstance(each, str) else _said(each)
        for key, each in node.items()
    }


def _describe(node: dict[str, Any]) -> None:
    """Put unit and source where an editor shows them."""
    told = [say(text, text=say(node.pop(word))) for word, text in _TOLD if _is_text(node, word)]
    # A key of the scenario may be called so, too: then it holds a schema.
    if isinstance(node.get("span"), list):
        low, high = node.pop("span")
        told.append(say("range: {low} to {high}", low=f"{low:g}", high=f"{high:g}"))
    node.pop("spans", None)
    meaning = say(node["description"]) if _is_text(node, "description") else ""
    if meaning or told:
        node["description"] = f"{meaning} [{'; '.join(told)}]".strip() if told else meaning
    # Titles repeat the key; without them the file is a third shorter.
    if isinstance(node.get("title"), str):
        del node["title"]


def _is_text(node: dict[str, Any], word: str) -> bool:
    # In a mapping of properties, `unit` and `source` may be keys: then they hold a schema.
    return isinstance(node.get(word), str)

"""JSON Schemas of what commands print: inferred from answers, kept in docs/json, and held to by a test.

A schema says which keys there are, and that there are no others: what is printed is a promise.
"""
import json
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "json"
DRAFT = "https://json-schema.org/draft/2020-12/schema"


def path_of(command):
    return FOLDER / (command.replace(" ", "-") + ".json")


def type_of(value):
    if value is None:
        return "null"
    return {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}[type(value)]


# Objects whose keys are names (PoPs, codes, versions), wherever they stand.
MAPS = {"failures", "pops", "rcodes", "types", "versions"}


def infer(value, name=""):
    kind = type_of(value)
    if kind == "array":
        return {"type": "array", "items": merge_all([infer(v) for v in value])}
    if kind == "object" and name in MAPS:
        return {"type": "object", "additionalProperties": merge_all([infer(v) for v in value.values()])}
    if kind == "object":
        return {"type": "object", "properties": {k: infer(v, k) for k, v in value.items()}, "required": sorted(value),
                "additionalProperties": False}
    return {"type": kind}


def merge_all(schemas):
    out = {}
    for schema in schemas:
        out = merge(out, schema)
    return out


def merge(a, b):
    """What allows all that either allows. {} stands for nothing seen yet."""
    if not a or not b:
        return a or b
    types = sorted({*as_list(a["type"]), *as_list(b["type"])})
    if "number" in types and "integer" in types:
        types.remove("integer")
    out = {"type": types[0] if len(types) == 1 else types}
    for text in ("description", "$schema", "title"):
        if text in a or text in b:
            out[text] = a.get(text, b.get(text))
    if "items" in a or "items" in b:
        out["items"] = merge(a.get("items", {}), b.get("items", {}))
    if is_map(a) or is_map(b):
        values = [merge_all(s.get("properties", {}).values()) if not is_map(s) else s["additionalProperties"]
                  for s in (a, b)]
        out["additionalProperties"] = merge(*values)
    elif "properties" in a or "properties" in b:
        left, right = a.get("properties", {}), b.get("properties", {})
        out["properties"] = {k: merge(left.get(k, {}), right.get(k, {})) for k in {**left, **right}}
        both = [s for s in (a, b) if "properties" in s]
        out["required"] = sorted(set.intersection(*(set(s["required"]) for s in both)))
        out["additionalProperties"] = False
    return out


def is_map(schema):
    return isinstance(schema.get("additionalProperties"), dict)


def as_list(value):
    return value if isinstance(value, list) else [value]


def load(command):
    path = path_of(command)
    return json.loads(path.read_text()) if path.exists() else None


def extend(command, answers):
    """Widens the kept schema so that it allows these answers."""
    kept = load(command) or {}
    schema = merge_all([kept, *(infer(a) for a in answers)])
    schema = {"$schema": DRAFT, "title": f"terrella {command} --json", **schema}
    path_of(command).parent.mkdir(exist_ok=True)
    path_of(command).write_text(json.dumps(schema, indent=1) + "\n")

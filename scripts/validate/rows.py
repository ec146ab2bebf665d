"""A row of docs/validation.md: something the model says beside what is known, and how far apart they may be."""
from dataclasses import dataclass


@dataclass
class Row:
    name: str
    reference: str        # what is known, and from where
    tolerance: str
    value: str
    ok: bool | None       # None: only informs
    command: str = ""     # what prints the value

    def verdict(self):
        return {True: "pass", False: "**fail**", None: ""}[self.ok]


def table(rows):
    lines = ["| what | reference | tolerance | value | |", "|---|---|---|---|---|"]
    return "\n".join(lines + [f"| {r.name} | {r.reference} | {r.tolerance} | {r.value} | {r.verdict()} |" for r in rows])

"""The JSON Schema of what an author writes, for editors that check and complete; made from the vocabulary itself."""

import json
from collections.abc import Iterator
from typing import Any

from flows.model import Authored

# Key -> what it is for, as an editor shows it. One word means one thing wherever it stands in a file.
KEYS = {
    "above": "Every theme must be above this, 0 to 100.",
    "all": "Each of these questions, by id, has the answer `are`.",
    "anchor": "Asked in every round; carries the theme's figure.",
    "answer": "The id of an earlier question.",
    "any": "One of these conditions holds, or more.",
    "are": "The code that each of these questions was answered with.",
    "ask": "The question, as members read it. Fifteen words or fewer read best.",
    "at_least": "The score, or the number, is this or more.",
    "at_most": "The score, or the number, is this or less.",
    "bank": "Questions that take turns in the rotating place, by theme.",
    "both": "Each of these conditions holds; there may be more than two.",
    "choices": "Lists of choices by name; in a question, the name of the list.",
    "code": "What is stored: letters, digits, _ and -. Never change it once published.",
    "compare": "Groups of seats compared for this check-in: / parts groups, + joins seats.",
    "emoji": "One emoji before the theme's title.",
    "end": "What members read at the end.",
    "falling": "Questions to raise when the figure really fell.",
    "heading": "Said above each scored question of this check-in, such as Right now.",
    "id": "A name that never changes: a letter, then letters, digits, _ and -. New words need a new one.",
    "in": "The answer has one of these codes.",
    "intro": "What members read above the first question.",
    "is": "The code of the answer; after `lowest`, the theme that must be lowest.",
    "kind": "What is answered: yes-no, text, number or date.",
    "last": "The check-in ends after this question.",
    "least": "The lowest number that is taken.",
    "low": "Questions to raise when the figure is low; the digest asks the first.",
    "lowest": "Themes whose scores so far are compared.",
    "most": "The highest number that is taken.",
    "not": "The condition inside does not hold.",
    "pick": "How many choices may be picked; without it, one.",
    "points": "What the answer counts for, 0 to 100; without it, the code is the score.",
    "questions": "What is asked, from top to bottom.",
    "quotes": "The text question whose words are shown here, and shared if the answer is yes.",
    "reverse": "A high answer is bad news: it counts as 100 minus its score.",
    "rotate": "Themes whose banks take turns here.",
    "scale": "The name of the scale it is answered on.",
    "scales": "Scales by name: answers that have a score.",
    "scored": "false where the answer counts in no figure, as Can't say.",
    "share": "Tell each question as the share of people who chose the top answer; these words follow the figure.",
    "spec": "The version of this format.",
    "split": "Questions to raise when views differ.",
    "steady": "Questions to raise when all is well; the digest asks the first.",
    "talk": "Questions that a coordinator may raise, by how the answers look.",
    "tell": "The digest may name what many chose here, in a line with this label.",
    "text": "What stands on the button. Up to 40 characters fit on a phone.",
    "theme": "What the question is about.",
    "themes": "What the digest has a figure for, by name.",
    "title": "The name that people read.",
    "told": "false where no digest may name this choice.",
    "use": "The id of a question in the shared file, such as T1.",
    "version": "A whole number from 1; every change of a published check-in raises it.",
    "well": "Goes on after “Going well:”, without a full stop.",
    "when": "The condition under which the question is shown.",
    "who": "Who is asked: everyone, joiners or leavers.",
}

_NOTHING = {"type": "null"}


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a flow file."""
    made = Authored.model_json_schema(by_alias=True)
    for properties in _properties(made):
        for key, value in properties.items():
            value.pop("title", None)  # "At Most" for `at_most` tells nobody anything
            if _NOTHING in value.get("anyOf", ()):  # what may be left out may not stand there empty
                value["anyOf"].remove(_NOTHING)
                del value["default"]
            value["description"] = KEYS[key]
    described = "A check-in as its author writes it; the guide for flow authors explains each key."
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **made,
        "title": "Partnership Pulse check-in",
        "description": described,
    }


def text() -> str:
    """The schema as a file, with a line break at its end."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def _properties(node: object) -> Iterator[dict[str, dict[str, Any]]]:
    """The properties of every kind of mapping a file may hold."""
    if isinstance(node, dict):
        if node.get("type") == "object" and "properties" in node:
            yield node["properties"]
        for inner in node.values():
            yield from _properties(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from _properties(inner)

"""The file that a new check-in starts from: small, whole, and with a word on each part of it."""

import json
import re
from pathlib import Path

from flows.errors import FlowsError
from flows.model import SPEC


class BadStart(FlowsError):
    """A new file cannot be written like this; says why and what would do."""


_START = """\
# A check-in. Lines that start with # are remarks. To look at what you wrote: pulse flow check {file}
spec: "{spec}"
id: {id}               # a name: a letter, then letters, digits, _ and -. It never changes.
version: 1             # raise it with every change, once people were asked
title: {title}

intro: |               # what people read above the first question
  Hello. Here is a short check-in. It takes about a minute.
  You can skip any question. You can stop at any time.

  This is not the place to report harm or danger. If someone is at risk, call 999 or talk to a person you trust.
end: Saved. Thank you. You will get the same results as everyone else.

choices:               # lists to choose from: the code is stored, the text is on the button
  wishes:
    - {{code: time, text: More time}}
    - {{code: news, text: Hear news sooner}}
    - {{code: help, text: More help}}
    - {{code: unsaid, text: Rather not say, told: false}}   # told: false is named in no digest

questions:
  - use: T1            # the three questions that each check-in asks first
  - use: P1
  - use: E1

  - id: {own}1          # your own question, on a theme and a scale that all check-ins share
    theme: power
    ask: Did you have a say in what we talked about?
    scale: extent

  - id: {own}_wish
    ask: What do you wish for most?
    choices: wishes
    tell: What people wish for      # the digest may name what many chose, in a line of this name

  - use: note          # a note in people's own words, and whether to share it
  - use: share
"""


def start(ident: str, title: str | None) -> Path:
    """Write `ID.yaml` into this folder.

    Raises:
        BadStart: the id is no name, or such a file is there already.
    """
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]{0,31}", ident):
        problem = f"{ident!r} is no id. Start with a letter, and use at most 32 letters, digits, _ and -."
        raise BadStart(problem)
    title = " ".join((title or ident.replace("-", " ").replace("_", " ").capitalize()).split())
    if not 0 < len(title) <= 60:
        problem = "A title has 1 to 60 characters. Give another with --title."
        raise BadStart(problem)
    file = Path(f"{ident}.yaml")
    own = re.sub(r"[^A-Za-z0-9]", "_", ident)[:20]
    quoted = json.dumps(title, ensure_ascii=False)
    write_new(file, _START.format(file=file, spec=SPEC, id=ident, title=quoted, own=own))
    return file


def write_new(file: Path, text: str) -> None:
    """Write `text` into a file that is not there yet.

    Raises:
        BadStart: it is there, or its folder is not.
    """
    must_be_new(file)
    with file.open("x", encoding="utf-8") as out:
        out.write(text)


def must_be_new(file: Path) -> None:
    """Check that a file can be written there and is not there yet.

    Raises:
        BadStart: it is there, or its folder is not.
    """
    if file.exists():
        problem = f"{file} is there already, and is left as it is. Take another name."
        raise BadStart(problem)
    if not file.parent.is_dir():
        problem = f"There is no folder {file.parent}. Make it, or take another name."
        raise BadStart(problem)

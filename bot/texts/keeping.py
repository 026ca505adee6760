"""Translations that came back: kept in the database over those that came with the bot, and counted."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date

from bot.languages import ENGLISH, FORMS, HEADER, NAMES, bring, catalogue, reviewer
from bot.spoken import EDITION
from bot.texts.files import Sheet, said_in
from bot.texts.found import Text
from flows.model import Flow
from flows.snapshot import thaw
from storage.audit import OPERATOR
from storage.work import Work


@dataclass(frozen=True, slots=True)
class Coverage:
    """How far a language is. `fuzzy` is what waits for another look, and `missing` all that is said in English."""

    language: str
    name: str
    strings: int
    translated: int
    fuzzy: int
    missing: int
    reviewed: bool

    def record(self) -> dict[str, str | int | bool]:
        """As a plain value."""
        return asdict(self)


def published(work: Work) -> list[Flow]:
    """The check-ins that were published here, in all their versions."""
    return [thaw(body) for body in work.flows.bodies(work.flows.refs()).values()]


def keep(work: Work, sheet: Sheet, day: date) -> None:
    """Keep a file's translations over what was there. It counts as reviewed where all that is kept was."""
    before = dict(work.texts.all().get(sheet.language, {}))
    stands = reviewer(before.pop(HEADER, ""))
    new = {source: FORMS.join(forms) for source, forms in sheet.said.items()}
    checked = sheet.reviewer if stands or before.keys() <= new.keys() else ""
    work.texts.replace(sheet.language, {HEADER: f"X-Reviewed-By: {checked}", **before, **new})
    everything = work.texts.all()
    edition = hashlib.sha256(json.dumps(everything, sort_keys=True).encode()).hexdigest()[:16]
    work.partnerships.keep_fact(EDITION, edition)
    work.audit.add(day, OPERATOR, "texts_imported", sheet.language)
    bring(everything, edition)


def coverage(texts: Mapping[str, Text], languages: Iterable[str] = NAMES) -> list[Coverage]:
    """How far each language is in saying `texts`."""
    return [_coverage(language, texts) for language in languages if language != ENGLISH]


def _coverage(language: str, texts: Mapping[str, Text]) -> Coverage:
    known = catalogue(language)
    translated = len(texts.keys() & said_in(language).keys())
    fuzzy = len(texts.keys() & known.fuzzy)
    return Coverage(language, NAMES[language], len(texts), translated, fuzzy, len(texts) - translated, known.reviewed)

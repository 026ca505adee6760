"""What keeps the words right while the bot serves: new translations taken up, unread ones marked as such."""

from dataclasses import replace

from bot import languages
from bot.channel import Button, Inbound, Screen, utf16
from bot.languages import ENGLISH, supported
from bot.speech import BRIEF, language, speaking
from bot.words import words
from storage.work import Work

EDITION = "texts"  # the fact that names the translations brought in last
_MOST = 100_000  # people
_CAPTION, _TEXT = 1024, 4096  # UTF-16 units under a picture and in a message; Source: Bot API


class Spoken:
    """In which language people were answered last, where it is not the one their app speaks.

    It is for answers that come without storage. In memory only, and of an address no more than a number that
    means nothing outside this process.
    """

    def __init__(self) -> None:
        self._last: dict[int, str] = {}

    def note(self, inbound: Inbound, language: str) -> None:
        """Remember what an event was answered in."""
        who = hash(inbound.address)
        if language == supported(inbound.language):
            self._last.pop(who, None)
        elif who in self._last or len(self._last) < _MOST:
            self._last[who] = language

    def last(self, inbound: Inbound) -> str:
        """The language to answer in where nothing can be looked up."""
        return self._last.get(hash(inbound.address), inbound.language)


def freshen(work: Work) -> None:
    """Take up what an operator brought in since the last look."""
    edition = work.partnerships.fact(EDITION) or ""
    if edition != languages.edition():
        languages.bring(work.texts.all(), edition)


def marked(screen: Screen) -> Screen:
    """The screen, and under it that no speaker has read these words yet, where none has."""
    if languages.reviewed(language()):
        return screen
    most = _TEXT if screen.picture is None and screen.document is None else _CAPTION
    mark = _mark()
    return replace(screen, text=f"{_cut(screen.text, most - utf16(mark))}{mark}")


def brief(notice: str | None) -> str | None:
    """A notice no longer than Telegram takes."""
    return None if notice is None else notice[:BRIEF]


def help_button() -> Button:
    """Help, in the language it was asked for in, also where nobody can look up whose phone this is."""
    return Button(words.HELP, f"help:{language()}")


def _mark() -> str:
    here = words.NOT_REVIEWED
    with speaking(ENGLISH):
        there = words.NOT_REVIEWED
    return "".join(f"\n\n{text}" for text in dict.fromkeys((here, there)))


def _cut(text: str, most: int) -> str:
    return text.encode("utf-16-le")[: 2 * most].decode("utf-16-le", "ignore")

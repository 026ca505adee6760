"""How hard a text is to read: the Flesch-Kincaid grade, with its own count of syllables."""

import re

_WORD = re.compile(r"[A-Za-z]+(?:['\u2019-][A-Za-z]+)*|[0-9]+")
# A line that ends without a stop ends a sentence too: headings and buttons have none.
_STOP = re.compile(r"[.!?]+(?=\s|$)|\n+")
# A y is a consonant before a vowel (year, beyond), but not after a consonant (anyone).
_VOWELS = re.compile(r"[aeiou]+(?:y(?![aeiou]))?|(?<=[^aeiou])y")
# Two vowels side by side and spoken apart: do-ing, i-de-a, cre-ate, qui-et, sci-ence, peri-od, easi-er.
_APART = re.compile(
    r"[eou]ing|idea|creat|quiet|(?<!t)ience|(?<![cgst])io|(?<![ct])ia|ier$|iest$",
)
# An e that is written and not spoken: time, times, asked, useful, movement, something.
_SILENT = re.compile(
    r"(?<![aeiouy])(?<![^aeiouy]l)e$|(?<![aeiouscxzg])(?<![cs]h)(?<![^aeiouy]l)es$|(?<![aeioudt])ed$"
    r"|(?<![aeiou])e(?=(?:ful|less|ly|ness)$)|(?<![aeioul])e(?=ments?$)|(?<=^som)e(?=[^aeiou])"
)
_KNOWN = {"area": 3, "business": 2, "coordinator": 5, "evening": 2, "every": 2, "everyone": 3, "maybe": 2}


def syllables(word: str) -> int:
    """How many syllables an English word has, by rules of spelling; each digit of a number counts as one."""
    if word.isdigit():
        return len(word)
    plain = re.sub(r"[^a-z]", "", word.lower())
    if plain in _KNOWN:
        return _KNOWN[plain]
    spoken = len(_VOWELS.findall(plain)) + len(_APART.findall(plain)) - len(_SILENT.findall(plain))
    return max(spoken, 1)


def sentences(text: str) -> tuple[str, ...]:
    """The sentences of `text` that hold at least one word."""
    return tuple(part.strip() for part in _STOP.split(text) if _WORD.search(part))


def words(text: str) -> tuple[str, ...]:
    """The words and numbers of `text`; "check-in" and "can't" are one each."""
    return tuple(_WORD.findall(text))


def grade(text: str) -> float:
    """The school grade that `text` can be read at; add five for an age. 0.0 where there are no words.

    One or two words alone give no fair grade: put a button's label beside its question.

    Source: Kincaid, Fishburne, Rogers and Chissom (1975), Research Branch Report 8-75.
    """
    found = words(text)
    if not found:
        return 0.0
    spoken = sum(map(syllables, found))
    return 0.39 * len(found) / len(sentences(text)) + 11.8 * spoken / len(found) - 15.59

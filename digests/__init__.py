"""From answers to a digest that gives nobody away.

`close_round(Facts) -> Digest` is the one verb, a pure function: no clock, no chance, no file. The nouns:

- a *ballot* is one member's scored answers in one period, without a name;
- a *respondent* gave a scored answer to the question at hand;
- a *cell* is one figure for everyone, or the fact that it is hidden;
- a *digest* is the frozen cells and codes of one closed round, the same for every reader.

Read the modules in the order of the work. `record` has the values and the hash chain. `disclose` decides
what may be shown; it sees how many people answered, never what. `score` makes the figures and decides
nothing. `close` puts the two together. After that no answer is left, and the rest is drawing: `wording` holds
the words of a partnership, `words` says a digest in lines or as a page, `sheet` as a table, `history` lines
up the past, and `chart` draws it. `chart` is not imported here, because it brings matplotlib: it runs as
`python -m digests.chart`.
"""

from digests.close import close_round
from digests.history import points
from digests.record import (
    FOUR_WEEKLY,
    WEEKLY,
    Ballot,
    Cell,
    Digest,
    Facts,
    Figure,
    Item,
    Replies,
    Talk,
    UnknownRecord,
    canonical,
    seal,
)
from digests.sheet import to_csv
from digests.wording import ThemeWords, Wording, english
from digests.words import Line, alt, html, lines, plain

__all__ = [
    "FOUR_WEEKLY",
    "WEEKLY",
    "Ballot",
    "Cell",
    "Digest",
    "Facts",
    "Figure",
    "Item",
    "Line",
    "Replies",
    "Talk",
    "ThemeWords",
    "UnknownRecord",
    "Wording",
    "alt",
    "canonical",
    "close_round",
    "english",
    "html",
    "lines",
    "plain",
    "points",
    "seal",
    "to_csv",
]

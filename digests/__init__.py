"""From answers to a digest that gives nobody away.

`close_round(Facts) -> Digest` is the one verb, a pure function: no clock, no chance, no file. The nouns:

- a *ballot* is one member's scored answers in one period, without a name;
- a *respondent* gave a scored answer to the question at hand;
- a *group* is the people of some seats, one side of a partnership's *split*;
- a *cell* is one figure for everyone or for one group, or the fact that it is hidden;
- a *digest* is the frozen cells and codes of one closed round, the same for every reader.

Read the modules in the order of the work. `record` has the values and the hash chain, `split` the groups.
`disclose` decides what may be shown; it sees how many people answered, never what. `score` makes the figures
and decides nothing. `change` compares frozen figures: with the last period, and one group with the others.
`close` puts them together. After that no answer is left, and the rest is drawing: `wording` holds the words
of a partnership, `words` says a digest in lines or as a page, `sheet` as a table, `history` lines up the
past, and `chart` draws it. `chart` is not imported here, because it brings matplotlib: it runs as
`python -m digests.chart`.
"""

from digests.close import close_round
from digests.history import points
from digests.record import (
    EVERYONE,
    FOUR_WEEKLY,
    WEEKLY,
    Ballot,
    Cell,
    Change,
    Correction,
    Digest,
    Facts,
    Figure,
    Gap,
    Item,
    Limits,
    Replies,
    Talk,
    UnknownRecord,
    canonical,
    seal,
)
from digests.sheet import to_csv
from digests.wording import ThemeWords, Wording, english
from digests.words import Line, alt, html, lines, plain, quotes

__all__ = [
    "EVERYONE",
    "FOUR_WEEKLY",
    "WEEKLY",
    "Ballot",
    "Cell",
    "Change",
    "Correction",
    "Digest",
    "Facts",
    "Figure",
    "Gap",
    "Item",
    "Limits",
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
    "quotes",
    "seal",
    "to_csv",
]

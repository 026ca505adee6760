"""From answers to a digest that gives nobody away.

`close_round(Facts) -> Digest` is the one verb, a pure function: no clock, no chance, no file. The nouns:

- a *ballot* is one member's scored answers in one period, without a name;
- a *respondent* gave a scored answer to the question at hand;
- a *group* is the people of some seats, one side of a partnership's *split*;
- a *cell* is one figure for everyone or for one group, or the fact that it is hidden;
- a *digest* is the frozen cells and codes of one closed round, the same for every reader.

Read the modules in the order of the work. `facts` has what a closing is given, `record` what it freezes and
the hash chain, `split` the groups. `disclose` decides what may be shown; it sees how many people answered,
never what. `score` makes the figures and decides nothing. `change` compares frozen figures: with the last
period, and one group with the others. `close` puts them together. After that no answer is left, and the rest
is drawing: `wording` holds the words of a partnership in one language, `words` says a digest in lines, `sets`
the longer check-ins in it, `prompts` what a coordinator may ask next; `page` makes a page of it, `sheet` a
table, `history` lines up the past, and `chart` draws it. `chart` is not imported here, because it brings
matplotlib: it runs as `python -m digests.chart`.
"""

from digests.close import close_round
from digests.facts import Asked, Ballot, Facts, Item
from digests.history import points
from digests.page import html
from digests.prompts import questions
from digests.record import (
    EVERYONE,
    FOUR_WEEKLY,
    WEEKLY,
    Cell,
    Change,
    Correction,
    Digest,
    Figure,
    Gap,
    Limits,
    Replies,
    SetResult,
    Talk,
    UnknownRecord,
    canonical,
    seal,
)
from digests.sets import messages
from digests.sheet import to_csv
from digests.wording import Line, Prompts, SetWords, ThemeWords, Tongue, Wording, worded
from digests.words import alt, lines, plain, quotes

__all__ = [
    "EVERYONE",
    "FOUR_WEEKLY",
    "WEEKLY",
    "Asked",
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
    "Prompts",
    "Replies",
    "SetResult",
    "SetWords",
    "Talk",
    "ThemeWords",
    "Tongue",
    "UnknownRecord",
    "Wording",
    "alt",
    "canonical",
    "close_round",
    "html",
    "lines",
    "messages",
    "plain",
    "points",
    "questions",
    "quotes",
    "seal",
    "to_csv",
    "worded",
]

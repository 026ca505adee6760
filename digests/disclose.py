"""What may be shown: every decision here is made on who replied, and cannot see what anyone said."""

from collections import Counter

from digests.record import FOUR_WEEKLY, PLACES, Replies

LEAST_PEOPLE = 5
LEAST_ORGANISATIONS = 2
LEAST_OUTSIDERS = 3
LEAST_FOR_ABOUT = 20

FEW, UNDER_HALF, OVER_HALF, MOST = "not-enough", "under-half", "over-half", "over-three-quarters"


def may_show(people: Counter[str]) -> bool:
    """Whether a figure for everyone may be shown, by the number of respondents from each organisation."""
    return enough_people(people) and outsiders_hidden(people)


def enough_people(people: Counter[str]) -> bool:
    """At least 5 respondents from at least 2 organisations.   Source: results.md A1."""
    return people.total() >= LEAST_PEOPLE and len(+people) >= LEAST_ORGANISATIONS


def outsiders_hidden(people: Counter[str]) -> bool:
    """Taking any one organisation's respondents out leaves nobody, or at least 3.   Source: results.md A4."""
    left = (people.total() - own for own in people.values())
    return all(rest == 0 or rest >= LEAST_OUTSIDERS for rest in left)


def period_places(mode: str, shown: frozenset[int]) -> frozenset[int]:
    """The places of a period that count towards a theme's period figure, given those `shown` by themselves.

    In weekly mode a round whose figure was hidden stays out, so that it cannot be had by subtraction; in
    four-weekly mode no single round is shown, so all count.   Source: results.md A9.
    """
    return frozenset(PLACES) if mode == FOUR_WEEKLY else shown


def replies(replied: int, joined: int) -> Replies:
    """Participation in words; "over" means over, so that all of a partnership reads like most of it.

    Units: people.   Source: results.md A7.
    """
    code = share(replied, joined)
    if replied < LEAST_FOR_ABOUT:
        return Replies(code, None, None)
    about = kept(replied)
    return Replies(code, about, rate(about, joined))


def share(replied: int, joined: int) -> str:
    """The word for a share of those asked, without its number."""
    if replied < LEAST_PEOPLE:
        return FEW
    if 4 * replied > 3 * joined:
        return MOST
    return OVER_HALF if 2 * replied > joined else UNDER_HALF


def rate(about: int, joined: int) -> int:
    """The reply rate that anyone could work out from the words: `about` over those asked, in steps of 5.

    Units: percent, rounded to 10; at most 90, for the top word must also cover everyone.
    """
    asked = max(kept(joined), about)
    return min((20 * about + asked) // (2 * asked) * 10, 90)


def needed(organisations: int) -> int:
    """How many answers a figure needs at the very least: 3 and 3 where there are only two organisations."""
    return 2 * LEAST_OUTSIDERS if organisations == LEAST_ORGANISATIONS else LEAST_PEOPLE


def kept(people: int) -> int:
    """A number of people as it is kept: rounded down to 5.   Source: results.md section 2."""
    return people // 5 * 5

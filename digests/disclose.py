"""What may be shown: every decision here is made on who replied, and cannot see what anyone said."""

from collections import Counter
from collections.abc import Mapping
from itertools import count

from digests.record import FOUR_WEEKLY, PLACES, Limits, Replies

LEAST_ORGANISATIONS = 2
LEAST_FOR_ABOUT = 20
LEAST_FOR_WORDS = 8
LEAST_FOR_AGREEMENT = 12
LEAST_WRITERS = 3

FEW, UNDER_HALF, OVER_HALF, MOST = "not-enough", "under-half", "over-half", "over-three-quarters"


# --- figures


def may_show(people: Counter[str], limits: Limits) -> bool:
    """Whether a figure for everyone may be shown, by the number of respondents from each organisation."""
    return enough_people(people, limits) and outsiders_hidden(people, limits)


def enough_people(people: Counter[str], limits: Limits) -> bool:
    """At least 5 respondents from at least 2 organisations.   Source: results.md A1."""
    organisations = sum(own > 0 for own in people.values())
    return people.total() >= limits.people and organisations >= LEAST_ORGANISATIONS


def outsiders_hidden(people: Counter[str], limits: Limits) -> bool:
    """Taking any one organisation's respondents out leaves nobody, or at least 3.   Source: results.md A4."""
    total = people.total()
    return all(own == total or total - own >= limits.outsiders for own in people.values())


def shown_groups(
    groups: Mapping[str, Counter[str]], everyone: Counter[str], joined: int, limits: Limits
) -> frozenset[str]:
    """The groups whose figure of one question may be shown; none where everyone's may not.

    Shapes: group -> organisation -> respondents.   Source: results.md A2, A3, A4.
    """
    if not may_show(everyone, limits):
        return frozenset()
    large = {
        code: people.total()
        for code, people in groups.items()
        if large_enough(people.total(), joined, limits) and outsiders_hidden(people, limits)
    }
    return without_small_rest(large, everyone.total(), limits)


def asked_once(limits: Limits) -> Limits:
    """The limits of a question that is asked a single time, as those of longer check-ins are: one outsider more.

    Its answers are few whole steps, not means over four rounds, so they are easier to work out.   Source:
    docs/adr/0011-longer-check-ins.md.
    """
    return Limits(limits.people, limits.outsiders + 1)


def large_enough(people: int, joined: int, limits: Limits) -> bool:
    """A group of at least 5 respondents, in a partnership of at least 10.   Source: results.md A2."""
    return people >= limits.people and joined >= 2 * limits.people


def without_small_rest(groups: Mapping[str, int], everyone: int, limits: Limits) -> frozenset[str]:
    """Those of `groups` that leave nobody, or at least 5 respondents, in no shown group.

    Returns: all of them, or all but the largest; of two as large the one named first in the split stays.
    Source: results.md A3.
    """
    shown = dict(groups)
    while shown and 0 < everyone - sum(shown.values()) < limits.people:
        del shown[max(reversed(shown), key=shown.__getitem__)]
    return frozenset(shown)


def period_places(mode: str, shown: frozenset[int]) -> frozenset[int]:
    """The places of a period that count towards a theme's period figure, given those `shown` by themselves.

    In weekly mode a round whose figure was hidden stays out, so that it cannot be had by subtraction; in
    four-weekly mode no single round is shown, so all count.   Source: results.md A9.
    """
    return frozenset(PLACES) if mode == FOUR_WEEKLY else shown


def needed(organisations: int, limits: Limits) -> int:
    """How many answers a figure needs at the very least: 3 and 3 where there are only two organisations."""
    among = max(organisations, LEAST_ORGANISATIONS)
    return next(people for people in count(limits.people) if people - -(-people // among) >= limits.outsiders)


# --- words


def may_tell_agreement(people: Counter[str]) -> bool:
    """At least 12 respondents remain after taking out any one organisation.

    Source: results.md section 2 has 12 in all; docs/adr/0009-agreement.md says why that is not enough.
    """
    return people.total() - max(people.values(), default=0) >= LEAST_FOR_AGREEMENT


def may_tell_options(replied: int, limits: Limits) -> bool:
    """From 8 people who replied in the period.   Source: results.md A5."""
    return replied >= max(LEAST_FOR_WORDS, limits.people)


def may_tell_option(choosers: Counter[str], limits: Limits) -> bool:
    """At least 3 choosers remain after taking out any one organisation.   Source: results.md A5."""
    return choosers.total() - max(choosers.values(), default=0) >= limits.outsiders


def may_tell_comments(replied: int, writers: int, limits: Limits) -> bool:
    """From 8 people who replied in the period, and 3 who wrote.   Source: results.md A6."""
    return may_tell_options(replied, limits) and writers >= LEAST_WRITERS


# --- participation


def replies(replied: int, joined: int, limits: Limits) -> Replies:
    """Participation in words; "over" means over, so that all of a partnership reads like most of it.

    Units: people.   Source: results.md A7.
    """
    code = share(replied, joined, limits)
    if replied < max(LEAST_FOR_ABOUT, limits.people):
        return Replies(code, None, None)
    about = kept(replied)
    return Replies(code, about, rate(about, joined))


def share(replied: int, joined: int, limits: Limits) -> str:
    """The word for a share of those asked, without its number."""
    if replied < limits.people:
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


def kept(people: int) -> int:
    """A number of people as it is kept: rounded down to 5.   Source: results.md section 2."""
    return people // 5 * 5

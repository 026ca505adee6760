"""The split: how its line of text is read, and what is said of one that cannot be used."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digests.split import DEFAULT, SEATS, BadSplit, canonical, parse, warnings


@st.composite
def splits(draw):
    """Two to four groups of seats, none twice, in any order."""
    seats = draw(st.permutations(SEATS))[: draw(st.integers(2, 5))]
    many = draw(st.integers(2, min(4, len(seats))))
    cuts = sorted(draw(st.sets(st.integers(1, len(seats) - 1), min_size=many - 1, max_size=many - 1)))
    return [seats[start:end] for start, end in zip([0, *cuts], [*cuts, len(seats)], strict=True)]


@given(splits())
def test_a_split_has_one_spelling_that_reads_back_the_same(groups):
    text = canonical(" / ".join(" + ".join(group) for group in groups))
    assert canonical(text) == text
    assert list(parse(text).values()) == [frozenset(group) for group in groups]
    assert list(parse(text)) == text.split("/")


def test_the_default_sets_lived_experience_beside_all_other_declared_seats():
    assert canonical(DEFAULT) == DEFAULT
    assert list(parse(DEFAULT).values()) == [{"lived"}, set(SEATS) - {"lived"}]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("lived/led", "There is no seat 'led'. Did you mean 'lead'?"),
        ("lived/xyz", "There is no seat 'xyz'. The seats are: lead, partner, frontline, lived, commissioner."),
        ("lived//lead", "There is no seat ''."),
        ("lived/lead+lived", "'lived' is named twice"),
        ("lived+lived/lead", "'lived' is named twice"),
        ("lived", "2 to 4 groups"),
        ("", "2 to 4 groups"),
        ("lead/partner/frontline/lived/commissioner", "has 5"),
        ("lived/undeclared", 'take "undeclared" out'),
    ],
)
def test_a_split_that_cannot_be_used_is_refused_in_words(text, said):
    with pytest.raises(BadSplit) as refused:
        parse(text)
    assert said in str(refused.value)


def test_a_group_of_one_seat_comes_with_a_warning_that_has_the_numbers():
    (said,) = warnings(DEFAULT)
    assert said.startswith("The group 'lived' is one seat. It will show only once 5 of them answer in a period:")
    assert said.endswith("about 8 of them have to join.")
    assert len(warnings("lived/commissioner/lead+partner")) == 2
    assert warnings("lived+frontline/lead+partner") == ()
    assert "once 7 of them" in warnings(DEFAULT, people=7)[0]
    assert "about 10 of them" in warnings(DEFAULT, people=7)[0]

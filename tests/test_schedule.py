"""When a round opens, reminds and closes, also where clocks change."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.errors import BadSchedule
from flows.schedule import (
    check_zone,
    closing,
    local_date,
    next_opening,
    parse_at,
    reminder,
    weekday,
)

LONDON = "Europe/London"
SUNDAY = 6


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def openings(after: datetime, count: int, at: time, zone: str, day: int = SUNDAY) -> list[datetime]:
    found = []
    for _ in range(count):
        after = next_opening(after, day, at, zone)
        found.append(after)
    return found


def test_the_hour_on_the_wall_stays_the_same_all_year():
    for opened in openings(utc(2026, 1, 1), 60, time(10), LONDON, day=1):
        local = opened.astimezone(ZoneInfo(LONDON))
        assert (local.weekday(), local.time()) == (1, time(10))


def test_an_opening_is_strictly_after():
    first = next_opening(utc(2026, 6, 1), 1, time(10), LONDON)
    assert first == utc(2026, 6, 2, 9)
    assert next_opening(first - timedelta(microseconds=1), 1, time(10), LONDON) == first
    assert next_opening(first, 1, time(10), LONDON) == utc(2026, 6, 9, 9)


def test_a_time_that_a_clock_change_leaves_out_opens_after_the_gap_and_once():
    # On 29 March 2026 London goes from 01:00 to 02:00.
    assert openings(utc(2026, 3, 22, 12), 2, time(1, 30), LONDON) == [
        utc(2026, 3, 29, 1, 30),
        utc(2026, 4, 5, 0, 30),
    ]


def test_a_time_that_comes_twice_opens_the_first_time_and_once():
    # On 25 October 2026 London goes from 02:00 back to 01:00.
    assert openings(utc(2026, 10, 19), 2, time(1, 30), LONDON) == [
        utc(2026, 10, 25, 0, 30),
        utc(2026, 11, 1, 1, 30),
    ]


def test_a_day_that_a_zone_skipped_opens_on_the_next():
    # Samoa had no Friday 30 December 2011.
    friday = next_opening(utc(2011, 12, 29), 4, time(10), "Pacific/Apia")
    assert friday.astimezone(ZoneInfo("Pacific/Apia")).replace(tzinfo=None) == datetime(2011, 12, 31, 10)  # noqa: DTZ001 - the wall's view
    assert next_opening(friday - timedelta(hours=9), 4, time(10), "Pacific/Apia") == friday
    assert next_opening(friday, 4, time(10), "Pacific/Apia") - friday == timedelta(days=6)


ZONES = [
    LONDON,
    "America/St_Johns",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Africa/Cairo",
    "America/Havana",
]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("at", [time(0), time(0, 30), time(1, 30), time(2, 15), time(10), time(23, 59)])
def test_five_years_have_one_opening_on_each_sunday(zone, at):
    found = openings(utc(2026, 1, 1), 261, at, zone)
    dates = [local_date(opened, zone) for opened in found]
    assert dates == [date(2026, 1, 4) + timedelta(weeks=week) for week in range(261)]
    for opened in found:
        wall = opened.astimezone(ZoneInfo(zone)).time()
        shift = (wall.hour - at.hour) * 60 + wall.minute - at.minute
        assert shift in (0, 30, 60)


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2031, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - the strategy adds the zone
    st.integers(0, 6),
    st.times(),
    st.sampled_from(ZONES),
)
def test_nothing_opens_between_an_instant_and_its_next_opening(after, day, at, zone):
    opened = next_opening(after, day, at, zone)
    assert timedelta(0) < opened - after <= timedelta(days=7, hours=1)
    assert opened.tzinfo is UTC
    assert next_opening(opened - timedelta(microseconds=1), day, at, zone) == opened


def test_a_round_closes_six_days_later_and_reminds_after_three_at_the_same_hour():
    opened = utc(2026, 10, 20, 9)  # 10:00 in summer time, which ends on the 25th
    assert reminder(opened, LONDON) == utc(2026, 10, 23, 9)
    assert closing(opened, LONDON) == utc(2026, 10, 26, 10)


def test_a_round_opened_in_the_repeated_hour_closes_like_any_other():
    for opened in (utc(2026, 10, 25, 0, 30), utc(2026, 10, 25, 1, 30)):
        assert closing(opened, LONDON) == utc(2026, 10, 31, 1, 30)


def test_a_round_closes_before_the_next_one_opens():
    for opened in openings(utc(2026, 1, 1), 60, time(10), LONDON):
        assert opened < reminder(opened, LONDON) < closing(opened, LONDON)
        assert closing(opened, LONDON) < next_opening(opened, SUNDAY, time(10), LONDON)


def test_the_local_date_is_the_date_on_the_wall():
    assert local_date(utc(2026, 6, 1, 23, 30), LONDON) == date(2026, 6, 2)
    assert local_date(utc(2026, 6, 1, 23, 30), "America/New_York") == date(2026, 6, 1)


def test_an_instant_without_a_zone_is_refused():
    naive = datetime(2026, 6, 1)  # noqa: DTZ001 - the mistake under test
    for act in (local_date, closing, reminder):
        with pytest.raises(ValueError, match="naive"):
            act(naive, LONDON)
    with pytest.raises(ValueError, match="naive"):
        next_opening(naive, 0, time(10), LONDON)


def test_a_weekday_is_zero_to_six():
    with pytest.raises(ValueError, match="not 7"):
        next_opening(utc(2026, 1, 1), 7, time(10), LONDON)


@pytest.mark.parametrize(("name", "number"), [("Monday", 0), ("tuesday", 1), (" WED ", 2), ("Sun", 6)])
def test_a_day_is_known_by_name_or_three_letters(name, number):
    assert weekday(name) == number


@pytest.mark.parametrize(
    ("name", "hint"), [("Tusday", "Tuesday"), ("wensday", "Wednesday"), ("x", "Use one of: Monday")]
)
def test_a_wrong_day_gets_the_nearest_name(name, hint):
    with pytest.raises(BadSchedule, match=hint):
        weekday(name)


@pytest.mark.parametrize(("text", "at"), [("10:00", time(10)), ("9:05", time(9, 5)), (" 23:59 ", time(23, 59))])
def test_a_time_is_hours_and_minutes(text, at):
    assert parse_at(text) == at


@pytest.mark.parametrize("text", ["10", "10.00", "24:00", "10:60", "10:0", "ten", "", "10:00:00", "\u0661\u0660:00"])
def test_a_wrong_time_shows_how_to_write_it(text):
    with pytest.raises(BadSchedule, match="like 10:00"):
        parse_at(text)


def test_a_zone_is_known_by_its_full_name():
    assert check_zone(LONDON) == LONDON
    assert check_zone("UTC") == "UTC"
    assert "Europe/London" in available_timezones()


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("London", "Europe/London"),
        ("europe/london", "Europe/London"),
        ("Europe/Londn", "Europe/London"),
        ("new york", "America/New_York"),
        ("Qqqqq", "Write it like Europe/London"),
        ("", "Write it like Europe/London"),
        ("localtime", "no time zone"),
        ("../etc/passwd", "no time zone"),
    ],
)
def test_a_wrong_zone_gets_the_nearest_names(name, hint):
    with pytest.raises(BadSchedule, match=hint):
        check_zone(name)

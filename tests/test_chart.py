"""The picture of a digest: what it draws, and what it must not."""

import ast
import io
import json
import subprocess
import sys
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from conftest import FLOWS
from digest_themes import THEMES
from matplotlib import colors, image
from matplotlib.ft2font import FT2Font

from bot import languages
from bot.digest import _chart_request
from bot.languages import NAMES, UNDRAWN
from bot.speech import say, speaking
from digests import FOUR_WEEKLY, WEEKLY, Cell, Digest, Figure, Replies, Talk, chart, score, worded
from digests.wording import BAND_WORDS, CHART_TEXTS, ChartWords, day
from flows.load import library
from storage.values import Organisation, Partnership

WORDS = worded("Testford Partnership", THEMES, {}).for_chart()
ANCHORS = {"trust": "T1", "power": "P1", "part": "E1"}
ROOT = Path(__file__).resolve().parents[1]


def digest(week, *points, mode=WEEKLY):
    start = date(2026, 3, 4) + timedelta(weeks=week)
    kind = "round" if mode == WEEKLY else "period"
    cells = tuple(
        Cell(kind, "everyone", theme, item, None if value is None else Figure(value, score.band(value), 20, 1))
        for (theme, item), value in zip(ANCHORS.items(), points, strict=bool(points))
    )
    replies, talk = Replies("over-half", 20, 60), Talk("power", "low")
    return Digest(week + 1, 1, 1, mode, start, start + timedelta(days=6), replies, 5, cells, None, talk)


def pixels(png):
    assert png.startswith(b"\x89PNG")
    return image.imread(io.BytesIO(png), format="png")[:, :, :3]


def inked(picture, panel, x, value):
    """Whether the panel's own colour is at this place of its line."""
    colour = colors.to_rgb(chart.COLOURS[panel])
    height = chart.Panel("", chart.card_top(panel), chart.COLOURS[panel]).down(value)
    return abs(picture[round(height), round(x)] - colour).max() < 0.02


HISTORIES = {
    "twelve rounds": [digest(week, 60, 50 + week, 95 - week * 5) for week in range(12)],
    "two rounds": [digest(0, 60, 50, 70), digest(1, 65, 55, 70)],
    "one round": [digest(0, 5, 50, 95)],
    "one hidden round": [digest(0, None, None, None)],
    "no round yet": [digest(0, mode=FOUR_WEEKLY)],
    "no digest at all": [],
    "two periods": [digest(0, 60, 50, 70, mode=FOUR_WEEKLY), digest(4, 60, None, 70, mode=FOUR_WEEKLY)],
}


@pytest.mark.parametrize("history", HISTORIES.values(), ids=HISTORIES)
def test_every_history_gives_a_picture_of_one_size(history):
    assert pixels(chart.draw(history, WORDS)).shape == (1350, chart.WIDTH, 3)


@pytest.mark.parametrize("themes", [1, 2, 3, 4])
def test_a_picture_is_as_tall_as_its_themes_need(themes):
    titles = {f"theme {number}": f"Theme {number}" for number in range(themes)}
    cells = tuple(Cell("round", "everyone", code, "Q", Figure(40, "care", 20, 1)) for code in titles)
    history = [replace(digest(week, 40, 40, 40), cells=cells) for week in (0, 1)]
    picture = pixels(chart.draw(history, ChartWords(titles)))
    assert picture.shape == (300 + 350 * themes, chart.WIDTH, 3)
    assert all(inked(picture, panel, chart.LINE_RIGHT - 60, 40) for panel in range(themes))


def test_a_chart_says_nothing_but_the_texts_its_words_hold():
    tree = ast.parse(Path(chart.__file__).read_text(encoding="utf-8"))
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute))
    said = {argument.value for call in calls if call.func.attr == "say" for argument in call.args[:1]
            if isinstance(argument, ast.Constant)}  # fmt: skip
    assert len(said) == 8
    assert said | set(BAND_WORDS.values()) == set(CHART_TEXTS)


def test_a_chart_speaks_another_language_and_a_long_word_gets_smaller_type():
    strong = {**dict.fromkeys(CHART_TEXTS, "a"), "Strong": "cryf"}
    longer = {**strong, "Strong": "cryf " * 12}
    history = HISTORIES["one round"]
    short, long = (
        pixels(chart.draw(history, replace(WORDS, texts=texts, language="cy"))) for texts in (strong, longer)
    )
    beside = slice(chart.card_top(0) + 90, chart.card_top(0) + 135), slice(chart.BANDS_LEFT + 18, chart.LINE_LEFT - 5)
    outside = beside[0], slice(chart.LINE_LEFT, chart.LINE_RIGHT - 40)
    assert (short[beside] != long[beside]).any()
    assert (short[outside] == long[outside]).all()


@pytest.mark.parametrize("code", NAMES)
def test_a_chart_speaks_the_languages_whose_letters_its_typeface_has(code):
    with speaking(code):
        titles = [say(theme.title) for flow in library().values() for theme in flow.themes.values()]
        said = {*map(say, CHART_TEXTS), *titles, *(day(date(2026, month, 1), code) for month in range(1, 13))}
    for font in (chart.NAME.font, chart.NOTE.font):
        known = FT2Font(str(font)).get_charmap()
        missing = {letter for text in said for letter in text if ord(letter) not in known}
        assert bool(missing) == (code in UNDRAWN), missing


def test_where_letters_are_missing_the_chart_speaks_english():
    partnership = Partnership("r", "Riverside", "Europe/London", 4, "10:00", (Organisation(1, "A", lead=True),))
    languages.bring({"ur": {"Strong": "\u0645\u0636\u0628\u0648\u0637"}, "cy": {"Strong": "Cryf"}}, "one word")
    said = {}
    for code in ("ur", "cy"):
        with speaking(code):
            said[code] = json.loads(_chart_request(FLOWS, partnership, []))["words"]
    languages.bring({}, "")
    assert (said["ur"]["texts"]["Strong"], said["ur"]["language"]) == ("Strong", "en")
    assert (said["cy"]["texts"]["Strong"], said["cy"]["language"]) == ("Cryf", "cy")


def test_arabic_letters_are_joined():
    letters = "\u062d\u0627\u0644"
    joined, apart = (
        chart.draw([], ChartWords({}, {"How we are doing": text}, "ar")) for text in (letters, "\u200c".join(letters))
    )
    assert joined != apart  # what keeps letters apart has no width of its own


def test_a_line_joins_neighbours_and_breaks_where_a_figure_is_hidden():
    whole = pixels(chart.draw([digest(week, 40, 40, 40) for week in range(5)], WORDS))
    middle = [40, 40, None, 40, 40]
    gap = pixels(chart.draw([digest(week, 40, value, 40) for week, value in enumerate(middle)], WORDS))
    step = (chart.LINE_RIGHT - chart.LINE_LEFT) / 4
    along = [chart.LINE_LEFT + step * part for part in (0.5, 1.5, 2, 2.5, 3.4)]
    assert [inked(whole, 1, x, 40) for x in along] == [True] * 5
    assert [inked(gap, 1, x, 40) for x in along] == [True, False, False, False, True]
    assert [inked(gap, 0, x, 40) for x in along] == [True] * 5


def test_a_groups_figures_are_not_drawn():
    history = HISTORIES["two periods"]
    group = Cell("period", "lived", "trust", "T1", Figure(10, "care", 5, 4))
    more = [replace(one, cells=(*one.cells, group)) for one in history]
    assert chart.draw(more, WORDS) == chart.draw(history, WORDS)


def test_the_same_digests_give_the_same_bytes():
    history = HISTORIES["twelve rounds"]
    assert chart.draw(history, WORDS) == chart.draw(history, WORDS)


def test_no_type_is_too_small_for_a_phone():
    styles = [value for value in vars(chart).values() if isinstance(value, chart.Type)]
    assert len(styles) >= 6
    assert min(style.size for style in styles) >= 36


def luminance(rgb):
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in rgb]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    low, high = sorted((luminance(colors.to_rgb(one)), luminance(colors.to_rgb(other))))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("colour", chart.COLOURS)
@pytest.mark.parametrize("tint", chart.TINTS)
def test_words_and_lines_stand_out_from_every_band(colour, tint):
    band = [1 - tint * (1 - part) for part in colors.to_rgb(colour)]
    assert contrast(chart.QUIET, band) >= 4.5
    assert contrast(colour, band) >= 4.5
    assert contrast(chart.QUIET, chart.PAPER) >= 4.5


def run(*arguments, given=b""):
    return subprocess.run(
        [sys.executable, "-W", "error", *arguments], input=given, capture_output=True, check=True, cwd=ROOT
    ).stdout


def test_the_module_reads_records_and_writes_the_picture():
    history = HISTORIES["two rounds"]
    asked = {"history": [one.to_record() for one in history], "words": WORDS.to_record()}
    png = run("-m", "digests.chart", given=json.dumps(asked).encode())
    assert png == chart.draw(history, WORDS)


def test_the_package_itself_does_not_bring_the_drawing_library():
    run("-c", "import digests, sys; sys.exit('matplotlib' in sys.modules)")

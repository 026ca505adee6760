"""A picture of the last figures, one panel for each theme; it knows frozen cells only."""

import io
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import cycle
from math import nan
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.font_manager import FontProperties
from matplotlib.patches import FancyBboxPatch, Rectangle

from digests.history import Point, points
from digests.record import FOUR_WEEKLY, Digest, Figure
from digests.score import BANDS
from digests.wording import BAND_WORDS, ChartWords, day, short_day

# All lengths are pixels from the upper left corner. A phone shows them at a third.
WIDTH, DPI = 1080, 100
MARGIN = 60
CARD_LEFT, CARD_WIDE, CARD_TALL, FIRST_CARD, NEXT_CARD = 40, 1000, 330, 186, 350
BANDS_LEFT, BANDS_WIDE, BANDS_TALL = 66, 770, 220
LINE_LEFT, LINE_RIGHT, FIGURE_AT = 356, 800, 938
DATES_DOWN, FOOT_DOWN, END_DOWN = 10, 72, 114  # below the last card's place
DATE_WIDE, BAND_WIDE, FIGURE_WIDE = 145, 252, 190
LEAST_STEPS = 3  # a line of one or two points stays short

PAPER, CARD, EDGE, INK, QUIET = "#f3efe6", "#ffffff", "#ddd6c8", "#1d2733", "#4f5965"
# Each is dark enough for its own bands; a panel is known by its title, never by its colour alone.
COLOURS = ("#1f5a93", "#8a4a0f", "#2a6a4c", "#6b3f86")
TINTS = (0.20, 0.11, 0.05)  # how much of the colour the bands hold, best band first

_FONTS = Path(mpl.get_data_path()) / "fonts" / "ttf"
_PLAIN, _BOLD = _FONTS / "DejaVuSans.ttf", _FONTS / "DejaVuSans-Bold.ttf"


@dataclass(frozen=True, slots=True)
class Type:
    """How a text is set: `across` says which end of it is at its place; capitals are centred in height."""

    size: int
    font: Path = _PLAIN
    colour: str = INK
    across: str = "left"


NAME, SPAN, TITLE = Type(62, _BOLD), Type(40, colour=QUIET), Type(48, _BOLD)
NOTE = Type(36, colour=QUIET)
MIDDLE_NOTE = replace(NOTE, across="center")
FIGURE, FIGURE_BAND = Type(104, _BOLD, across="center"), Type(36, across="center")


@dataclass(frozen=True, slots=True)
class Panel:
    """Where and how one theme is drawn."""

    title: str
    top: int
    colour: str

    def down(self, value: int) -> float:
        """Where `value` lies.   Units: points, 0 to 100 -> pixels."""
        return self.top + 86 + BANDS_TALL * (100 - value) / 100


def card_top(number: int) -> int:
    """Where the card of the theme with this number begins.   Units: themes from 0 -> pixels."""
    return FIRST_CARD + NEXT_CARD * number


def draw(history: Sequence[Digest], words: ChartWords) -> bytes:
    """Draw each theme's line over the last rounds, or over the last periods in four-weekly mode.

    Shapes: digests, oldest first -> one PNG, 1080 pixels wide and as tall as its themes need. Where a figure is
        hidden the line has a gap: nothing is drawn that was not shown.
    """
    series = points(history)
    dates = [point.when for point in series]
    themes = tuple(series[-1].figures) if series else tuple(words.titles)
    end = card_top(len(themes))
    height = end + END_DOWN
    canvas = Canvas(figsize=(WIDTH / DPI, height / DPI), dpi=DPI, facecolor=PAPER)
    page = canvas.add_axes((0, 0, 1, 1), xlim=(0, WIDTH), ylim=(height, 0))
    page.set_axis_off()
    _write(page, (MARGIN, 88), words.say("How we are doing"), NAME, WIDTH - 2 * MARGIN)
    _write(page, (MARGIN, 149), _span(history, dates, words), SPAN, WIDTH - 2 * MARGIN)
    across = _across(dates, 28 if _four_weekly(history) else 7)
    for number, (theme, colour) in enumerate(zip(themes, cycle(COLOURS), strict=False)):
        panel = Panel(words.titles[theme], card_top(number), colour)
        _background(page, panel, words)
        if series:
            _line(page, panel, across, [point.figures[theme] for point in series], words)
    for x, when in _labelled(list(zip(across, dates, strict=True))):
        _write(page, (x, end + DATES_DOWN), short_day(when, words.language), MIDDLE_NOTE, DATE_WIDE)
    _write(page, (MARGIN, end + FOOT_DOWN), _foot(series, words), NOTE, WIDTH - 2 * MARGIN)
    png = io.BytesIO()
    canvas.savefig(png, format="png", metadata={"Software": None})
    return png.getvalue()


def _four_weekly(history: Sequence[Digest]) -> bool:
    return bool(history) and history[-1].mode == FOUR_WEEKLY


def _span(history: Sequence[Digest], dates: Sequence[date], words: ChartWords) -> str:
    if dates and _four_weekly(history):
        return words.say("Four weeks to {day}", day=day(dates[-1], words.language))
    if dates:
        return words.say("Week of {day}", day=day(dates[-1], words.language))
    if history:
        return words.say("First figures on {day}", day=day(history[-1].results_on, words.language))
    return words.say("No figures yet")


def _foot(series: Sequence[Point], words: ChartWords) -> str:
    if any(figure is None for point in series for figure in point.figures.values()):
        return words.say("How people feel, 0 to 100. Gap: too few answers.")
    return words.say("How people feel, 0 to 100.")


def _background(page: Axes, panel: Panel, words: ChartWords) -> None:
    """The card, the theme's title, and the bands with their words."""
    page.add_patch(_rounded((CARD_LEFT, panel.top), (CARD_WIDE, CARD_TALL), 28, EDGE))
    _write(page, (BANDS_LEFT + 2, panel.top + 45), panel.title, replace(TITLE, colour=panel.colour), BANDS_WIDE)
    frame = page.add_patch(_rounded((BANDS_LEFT, panel.down(100)), (BANDS_WIDE, BANDS_TALL), 16, CARD))
    most = 100
    for (least, code), tint in zip(BANDS, TINTS, strict=True):
        top, bottom = panel.down(most), panel.down(least)
        band = page.add_patch(Rectangle((BANDS_LEFT, top), BANDS_WIDE, bottom - top, color=(panel.colour, tint)))
        band.set_clip_path(frame)
        _write(page, (BANDS_LEFT + 18, (top + bottom) / 2), words.say(BAND_WORDS[code]), NOTE, BAND_WIDE)
        most = least


def _line(
    page: Axes, panel: Panel, across: Sequence[float], figures: Sequence[Figure | None], words: ChartWords
) -> None:
    """The line, broken where a figure is hidden, and its last value in big type."""
    heights = [nan if figure is None else panel.down(figure.points) for figure in figures]
    page.plot(across, heights, color=panel.colour, linewidth=5.5, marker="o", markersize=10, solid_capstyle="round")
    last = figures[-1]
    if last is None:
        _stack(page, (FIGURE_AT, panel.top + 150), words.say("Not shown"), MIDDLE_NOTE)
        return
    page.plot(
        across[-1:],
        heights[-1:],
        "o",
        color=panel.colour,
        markersize=24,
        markeredgecolor=CARD,
        markeredgewidth=4,
    )
    _write(page, (FIGURE_AT, panel.top + 132), str(last.points), FIGURE, FIGURE_WIDE)
    _stack(page, (FIGURE_AT, panel.top + 210), words.say(BAND_WORDS[last.band]), FIGURE_BAND)


def _across(dates: Sequence[date], step: int) -> list[float]:
    """Where each date lies, the last at the right end.

    Shapes: (n,) dates -> (n,) pixels.   Units: `step` is the usual number of days from one date to the next.
    """
    if not dates:
        return []
    days = max((dates[-1] - dates[0]).days, LEAST_STEPS * step)
    return [LINE_RIGHT - (LINE_RIGHT - LINE_LEFT) * (dates[-1] - when).days / days for when in dates]


def _labelled(places: Sequence[tuple[float, date]]) -> list[tuple[float, date]]:
    """The dates to write: the last, the first and the middle one, as far as there is room."""
    chosen: list[tuple[float, date]] = []
    for place in (*places[-1:], *places[:1], *places[len(places) // 2 :][:1]):
        if all(abs(place[0] - other[0]) >= DATE_WIDE for other in chosen):
            chosen.append(place)
    return chosen


def _rounded(at: tuple[float, float], size: tuple[float, float], radius: int, edge: str) -> FancyBboxPatch:
    shape = f"round,pad=0,rounding_size={radius}"
    return FancyBboxPatch(at, *size, boxstyle=shape, facecolor=CARD, edgecolor=edge, linewidth=2)


def _stack(page: Axes, at: tuple[float, float], text: str, style: Type) -> None:
    """Write a short text in two lines, parted at the space nearest its middle."""
    spaces = (place for place, letter in enumerate(text) if letter == " ")
    middle = min(spaces, key=lambda place: abs(2 * place + 1 - len(text)), default=len(text))
    for line, part in enumerate((text[:middle], text[middle + 1 :])):
        _write(page, (at[0], at[1] + line * 1.15 * style.size), part, style, FIGURE_WIDE)


def _write(page: Axes, at: tuple[float, float], text: str, style: Type, room: int) -> None:
    """Write a text, smaller where it would be wider than `room`: another language takes more."""
    font = FontProperties(fname=style.font, size=style.size * 72 / DPI)  # matplotlib counts type in 1/72 inch
    x, middle = at
    baseline = middle + 0.365 * style.size  # half the height of a capital in this typeface
    written = page.text(x, baseline, text, fontproperties=font, color=style.colour, ha=style.across, parse_math=False)
    wide = written.get_window_extent().width
    if wide > room:
        written.set_fontsize(font.get_size_in_points() * room / wide)


def main() -> None:
    """Read `{"history": [records], "words": {...}}` from standard input, write a PNG to standard output."""
    asked = json.load(sys.stdin)
    history = [Digest.from_record(record) for record in asked["history"]]
    sys.stdout.buffer.write(draw(history, ChartWords.from_record(asked["words"])))


if __name__ == "__main__":
    main()

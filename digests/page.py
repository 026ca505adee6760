"""A digest as a page that loads nothing and sends nothing, and reads well on a phone."""

from base64 import b64encode
from collections.abc import Iterable, Sequence
from hashlib import sha256
from html import escape

from digests.history import Point, points
from digests.record import Digest, Figure
from digests.sets import told
from digests.wording import BAND_WORDS, Line, Tongue, Wording, short_day
from digests.words import alt, lines, noted, own_words

_STYLE = """
:root { color-scheme: light dark; --ink: #1d2733; --paper: #faf8f3; --line: #d5cfc2; }
@media (prefers-color-scheme: dark) { :root { --ink: #e9e6df; --paper: #171c22; --line: #46505b; } }
body { margin: 0 auto; max-width: 36rem; padding: 1rem; color: var(--ink); background: var(--paper);
  font: 1.0625rem/1.5 system-ui, sans-serif; overflow-wrap: break-word; }
h1 { font-size: 1.5rem; line-height: 1.25; }
h2 { font-size: 1.125rem; margin: 1.5rem 0 .5rem; }
p { margin: 0 0 .75rem; }
ul { margin: 0; padding: 0; list-style: none; }
li { margin: 0 0 .75rem; padding-inline-start: .75rem; border-inline-start: 3px solid var(--line); }
img { display: block; width: 100%; height: auto; margin: 1.5rem 0; border-radius: .75rem; }
table { width: 100%; border-collapse: collapse; margin: 1.5rem 0; font-size: .9375rem; }
caption { padding-bottom: .5rem; text-align: start; }
th, td { padding: .5rem .375rem; border-top: 1px solid var(--line); text-align: start; vertical-align: top; }
th[scope=row] { white-space: nowrap; }
"""

# The style is allowed by its hash, so that no other can be slipped in with somebody's words.
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "img-src data:",
        f"style-src 'sha256-{b64encode(sha256(_STYLE.encode()).digest()).decode()}'",
        "base-uri 'none'",
        "form-action 'none'",
    )
)


def html(digest: Digest, wording: Wording, history: Sequence[Digest] = (), picture: bytes = b"", note: str = "") -> str:
    """The digest as one standalone page.

    `history` holds the digests its table and chart look back on, oldest first and this one last; without it
    the table has this digest alone. `picture` is the chart of the same history as PNG, if there is one;
    `note` a correction made since.
    """
    series = points(history or (digest,))
    head, *rest = lines(digest, wording)
    said = (*rest, *noted(note, wording))
    sets = (_set(told(result, digest, wording)) for result in digest.sets if result.shown())
    shown = (*_picture(picture, alt(series, wording)), *_table(series, wording))
    return _page(
        title=f"{head.label}: {head.text.rstrip('.')}",
        body="\n".join((*_paragraphs(said), *sets, *_comments(digest, wording), *shown)),
        tongue=wording.tongue,
    )


def _page(title: str, body: str, tongue: Tongue) -> str:
    """A whole page around `body`, which is HTML already; `title` is plain text."""
    name = escape(title)
    return f"""<!doctype html>
<html lang="{escape(tongue.language)}" dir="{"rtl" if tongue.right_to_left else "ltr"}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>{name}</title>
<style>{_STYLE}</style>
</head>
<body>
<main>
<h1>{name}</h1>
{body}
</main>
</body>
</html>
"""


def _paragraphs(said: Iterable[Line]) -> tuple[str, ...]:
    return tuple(f"<p><b>{escape(line.label)}:</b> {escape(line.text)}</p>" for line in said)


def _set(said: Sequence[Line]) -> str:
    """A longer check-in under a heading of its own."""
    head, *rest = said
    return "\n".join((f"<h2>{escape(head.label)}: {escape(head.text)}</h2>", *_paragraphs(rest)))


def _comments(digest: Digest, wording: Wording) -> tuple[str, ...]:
    if not digest.comments:
        return ()
    heading, *comments = own_words(digest, wording)
    said = (f'<li dir="auto">{escape(comment)}</li>' for comment in comments)
    return (f"<h2>{escape(heading)}</h2>", "<ul>", *said, "</ul>")


def _picture(picture: bytes, text: str) -> tuple[str, ...]:
    if not picture:
        return ()
    return (f'<img src="data:image/png;base64,{b64encode(picture).decode()}" alt="{escape(text)}">',)


def _table(series: Sequence[Point], wording: Wording) -> tuple[str, ...]:
    """A row for each point, newest first; nothing where no figure was ever due."""
    if not series:
        return ()
    themes = tuple(series[-1].figures)
    head = "".join(f'<th scope="col">{escape(wording.themes[theme].title)}</th>' for theme in themes)
    rows = (
        f'<tr><th scope="row">{escape(short_day(point.when, wording.tongue.language))}</th>'
        + "".join(f"<td>{_two_lines(point.figures[theme], wording)}</td>" for theme in themes)
        + "</tr>"
        for point in reversed(series)
    )
    caption = escape(wording.say("The figures, newest first. They run from 0 to 100."))
    first = escape(wording.say("Date"))
    return (f'<table><caption>{caption}</caption><tr><th scope="col">{first}</th>{head}</tr>', *rows, "</table>")


def _two_lines(figure: Figure | None, wording: Wording) -> str:
    if figure is None:
        return escape(wording.say("not shown"))
    return f"<b>{figure.points}</b><br>{escape(wording.say(BAND_WORDS[figure.band]))}"

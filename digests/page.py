"""The frame of a page that loads nothing and sends nothing, and reads well on a phone."""

from base64 import b64encode
from hashlib import sha256
from html import escape

_STYLE = """
:root { color-scheme: light dark; --ink: #1d2733; --paper: #faf8f3; --line: #d5cfc2; }
@media (prefers-color-scheme: dark) { :root { --ink: #e9e6df; --paper: #171c22; --line: #46505b; } }
body { margin: 0 auto; max-width: 36rem; padding: 1rem; color: var(--ink); background: var(--paper);
  font: 1.0625rem/1.5 system-ui, sans-serif; overflow-wrap: break-word; }
h1 { font-size: 1.5rem; line-height: 1.25; }
h2 { font-size: 1.125rem; margin: 1.5rem 0 .5rem; }
p { margin: 0 0 .75rem; }
ul { margin: 0; padding: 0; list-style: none; }
li { margin: 0 0 .75rem; padding-left: .75rem; border-left: 3px solid var(--line); }
img { display: block; width: 100%; height: auto; margin: 1.5rem 0; border-radius: .75rem; }
table { width: 100%; border-collapse: collapse; margin: 1.5rem 0; font-size: .9375rem; }
caption { padding-bottom: .5rem; text-align: left; }
th, td { padding: .5rem .375rem; border-top: 1px solid var(--line); text-align: left; vertical-align: top; }
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


def page(title: str, body: str) -> str:
    """A whole HTML page around `body`, which is HTML already; `title` is plain text."""
    name = escape(title)
    return f"""<!doctype html>
<html lang="en">
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

"""What a message of the bot may hold: text as Telegram measures and reads it, and buttons."""

import html
import itertools
import re

from standin_wire import Json, RefusedError

BOLD, ITALIC, UNDERLINE, STRIKE = "bold", "italic", "underline", "strikethrough"
KINDS = {"b": BOLD, "strong": BOLD, "i": ITALIC, "em": ITALIC, "u": UNDERLINE, "ins": UNDERLINE}
KINDS |= {"s": STRIKE, "strike": STRIKE, "del": STRIKE, "tg-spoiler": "spoiler"}
KINDS |= {"code": "code", "pre": "pre", "blockquote": "blockquote", "a": "text_link"}
TAG = re.compile(r"<(/?)([a-z-]+)((?:\s+[a-z-]+(?:=\"[^\"<>]*\")?)*)\s*>", re.IGNORECASE)
ESCAPE = re.compile(r"&(?:lt|gt|amp|quot|#[0-9]+|#x[0-9a-f]+);", re.IGNORECASE)  # the only ones Telegram knows
COMMAND = re.compile(r"(?<!\S)/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]+)?(?!\S)")


class UnreadableError(RefusedError):
    """The HTML of a message makes no sense to Telegram."""

    def __init__(self, tag: str) -> None:
        super().__init__(400, f"Bad Request: can't parse entities: unsupported or unmatched tag {tag!r}")


def units(text: str) -> int:
    """The length of a text as Telegram counts it.

    Units: UTF-16 code units.
    """
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def commands(text: str) -> list[Json]:
    """The entities of the commands in a text."""
    return [
        {"type": "bot_command", "offset": units(text[: found.start()]), "length": units(found[0])}
        for found in COMMAND.finditer(text)
    ]


def unmarked(marked: str) -> tuple[str, list[Json]]:
    """The text of some HTML, and its entities.

    Raises: UnreadableError: a tag is unknown, unmatched, or a bare "<".
    """
    text, place = "", 0
    entities: list[Json] = []
    opened: list[tuple[str, Json]] = []
    for tag in TAG.finditer(marked):
        text += _unescaped(marked[place : tag.start()])
        place = tag.end()
        closing, name, rest = tag[1], tag[2].lower(), tag[3]
        if name not in KINDS or (closing and (not opened or opened[-1][0] != name)):
            raise UnreadableError(tag[0])
        if closing:
            entity = opened.pop()[1]
            entities.append({**entity, "length": units(text) - entity["offset"]})
        else:
            opened.append((name, {"type": KINDS[name], "offset": units(text), **_link(name, rest)}))
    if opened:
        raise UnreadableError(opened[-1][0])
    return text + _unescaped(marked[place:]), entities


def _unescaped(piece: str) -> str:
    if "<" in piece:
        raise UnreadableError(piece[piece.index("<") :])
    return ESCAPE.sub(lambda escape: html.unescape(escape[0]), piece)


def _link(name: str, rest: str) -> Json:
    address = re.search(r"href=\"([^\"]*)\"", rest)
    return {"url": html.unescape(address[1])} if name == "a" and address else {}


def text_of(params: Json) -> Json:
    """The text and entities of a call, checked."""
    if not params.get("text"):
        raise RefusedError(400, "Bad Request: message text is empty")
    text, entities = _plain(params, "text", "entities")
    if not text.strip():
        raise RefusedError(400, "Bad Request: text must be non-empty")
    if units(text) > 4096:
        raise RefusedError(400, "Bad Request: message is too long")
    return {"text": text, **({"entities": entities} if entities else {})}


def caption_of(params: Json) -> Json:
    """The caption and entities of a call, checked; there may be none."""
    text, entities = _plain(params, "caption", "caption_entities")
    if units(text) > 1024:
        raise RefusedError(400, "Bad Request: message caption is too long")
    caption = {"caption": text} if text else {}
    return {**caption, **({"caption_entities": entities} if entities else {})}


def _plain(params: Json, name: str, entities: str) -> tuple[str, list[Json]]:
    text, mode = params.get(name, ""), params.get("parse_mode", "").lower()
    if mode == "html":
        return unmarked(text)
    if mode:
        raise RefusedError(400, "Bad Request: unsupported parse_mode")
    return text, params.get(entities, [])


def keyboard_of(params: Json) -> Json:
    """The inline keyboard of a call, checked; empty rows and an empty keyboard are none."""
    markup = params.get("reply_markup") or {"inline_keyboard": []}
    if "inline_keyboard" not in markup:
        raise RefusedError(400, "Bad Request: the stand-in draws inline keyboards only")
    rows = [row for row in markup["inline_keyboard"] if row]
    for button in itertools.chain.from_iterable(rows):
        if not button.get("text"):
            raise RefusedError(400, "Bad Request: inline keyboard button text must be non-empty")
        if not (button.get("callback_data") or button.get("url")):
            raise RefusedError(400, "Bad Request: inline keyboard button must have an action")
        if len(button.get("callback_data", "").encode()) > 64:
            raise RefusedError(400, "Bad Request: BUTTON_DATA_INVALID")
    return {"reply_markup": {"inline_keyboard": rows}} if rows else {}

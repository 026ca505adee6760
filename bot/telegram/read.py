"""What Telegram tells us, in our own vocabulary; no network, no storage."""

import re
from typing import Any

from telegram import Bot, CallbackQuery, Chat, ChatMember, InaccessibleMessage, Message, Update, User

from bot.channel import Command, Inbound, Reach, Unreadable, Words, unpack

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z]{2,4})?")
_OUT = frozenset({ChatMember.BANNED, ChatMember.LEFT})


def address_of(user: int) -> str:
    """Our address of a Telegram user; in a private chat the chat has the same number."""
    return f"tg:{user}"


def user_of(address: str) -> int:
    """The Telegram user behind one of our addresses."""
    return int(address.removeprefix("tg:"))


def update_of(raw: dict[str, Any], bot: Bot) -> Update:
    """The update in what Telegram sent.

    Of a tap's message only its place is read: nobody looks at the rest, and reading it took a tenth of a step.

    Raises: KeyError, TypeError, ValueError, AttributeError: it is no update.
    """
    query = raw.get("callback_query")
    if query is None:
        return Update.de_json(raw, bot)
    sender, message = query["from"], query.get("message")
    place = None
    if message is not None:
        chat = message["chat"]
        place = InaccessibleMessage(Chat(chat["id"], chat["type"]), message["message_id"])
    user = User(sender["id"], sender["first_name"], sender["is_bot"], language_code=sender.get("language_code"))
    tap = CallbackQuery(query["id"], user, query["chat_instance"], message=place, data=query.get("data"))
    return Update(raw["update_id"], callback_query=tap)


def stray_group(update: Update) -> int | None:
    """The group or channel this update comes from, which the bot must leave; None for a private chat."""
    chat = update.effective_chat
    # After "left" there is nothing to leave any more.
    gone = update.my_chat_member is not None and update.my_chat_member.new_chat_member.status in _OUT
    return chat.id if chat is not None and chat.type != Chat.PRIVATE and not gone else None


def read(update: Update) -> Inbound | None:
    """What `update` means to us; None for what nobody needs an answer to."""
    if update.callback_query is not None:
        query = update.callback_query
        message = query.message.message_id if query.message is not None else None
        return _from(query.from_user, unpack(query.data or ""), message)
    if update.my_chat_member is not None:
        change = update.my_chat_member
        return _from(change.from_user, Reach(change.new_chat_member.status not in _OUT))
    if update.edited_message is not None:
        return _from(update.edited_message.from_user, Unreadable("edit"))
    if update.message is not None and update.message.from_user is not None:
        return _message(update.message, update.message.from_user)
    return None


def _from(user: User | None, event: object, message: int | None = None) -> Inbound | None:
    if user is None or user.is_bot:
        return None
    return Inbound(address_of(user.id), event, message, _language(user.language_code))  # type: ignore[arg-type]


def _language(code: str | None) -> str:
    """What Telegram calls a language, where it looks like one: it is kept, so it may hold nothing else."""
    return code if code and _LANGUAGE.fullmatch(code) else "en"


def _message(message: Message, user: User) -> Inbound | None:
    if message.from_user is None or message.chat.id != user.id:
        return None
    if message.forward_origin is not None or message.via_bot is not None:
        return _from(user, Unreadable("forward"), message.message_id)
    if message.text is None:
        return _from(user, Unreadable("media"), message.message_id)
    text = message.text
    if text.startswith("/"):
        name, _, rest = text[1:].partition(" ")
        return _from(user, Command(name.partition("@")[0].lower(), rest.strip()), message.message_id)
    return _from(user, Words(text), message.message_id)

"""Who runs this installation."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Host:
    """Who runs this installation, as members read it; `bot_name` is the bot's user name.

    `complaints` is where complaints go; "" where they go to `contact` too.
    """

    operator: str
    contact: str
    bot_name: str = "BOT"
    complaints: str = ""

    def invite(self, token: str) -> str:
        """The deep link that carries an invite token."""
        return f"https://t.me/{self.bot_name}?start={token}"

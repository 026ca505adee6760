"""Every sentence the bot itself says to a person, by who is spoken to; a check-in's own words are in its flow file.

English stands here and names each text; it is read through `words` in the language spoken now (bot/speech.py).
"""

from bot.words.answering import Answering
from bot.words.host import Host
from bot.words.rights import Rights
from bot.words.setting_up import SettingUp

__all__ = ["Host", "Words", "words"]


class Words(Rights, Answering, SettingUp):
    """All of them in one."""

    @property
    def COORDINATOR_COMMANDS(self) -> dict[str, str]:  # noqa: N802  read like its neighbours
        """What a coordinator may send."""
        return {**self.MEMBER_COMMANDS, **self.COORDINATORS_MORE}


words = Words()

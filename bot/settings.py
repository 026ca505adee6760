"""Everything the operator may turn. Read once, in `app.py` and `cli.py`, and passed on by value."""

import re
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from digests.record import Limits


class BadSettings(Exception):
    """A setting is missing or does not fit; says which and how to mend it."""


class Settings(BaseSettings):
    """Environment variables `PULSE_*`, or a `.env` beside the process."""

    model_config = SettingsConfigDict(env_prefix="PULSE_", env_file=".env", frozen=True, extra="ignore")

    telegram_token: SecretStr | None = None
    telegram_api_url: str = "https://api.telegram.org"
    database_url: str = "sqlite:///pulse.db"
    keys_url: str = "sqlite:///pulse-keys.db"
    master_key_file: Path = Path("pulse.key")
    operator: str = Field("", description="who runs this bot, as members read it")
    contact: str = Field("", description="how members reach them")
    complaints: str = Field("", description="where members complain: an address, a phone number or a page")
    least_people: int = Field(Limits().people, le=1000, description="respondents a figure needs")
    least_outsiders: int = Field(
        Limits().outsiders, le=1000, description="respondents left when any one organisation is taken out"
    )
    webhook_url: str | None = Field(None, description="None: long polling")
    webhook_listen: str = "127.0.0.1:8443"
    webhook_secret: SecretStr | None = None
    backup_key: str = Field("", description="the age public key that backups are made for")
    broadcast_rate: float = Field(28, gt=0, le=1000, description="prompts and digests a second")

    @field_validator("keys_url")
    @classmethod
    def _apart(cls, value: str, info: ValidationInfo) -> str:
        if value == info.data.get("database_url"):
            message = "give it a database of its own, or whoever copies the answers has the keys with them"
            raise ValueError(message)
        return value

    @field_validator("least_people", "least_outsiders")
    @classmethod
    def _no_handful(cls, value: int, info: ValidationInfo) -> int:
        least = Limits().people if info.field_name == "least_people" else Limits().outsiders
        if value < least:
            message = f"a handful of people can be recognised, so this is never below {least}; it may only be raised"
            raise ValueError(message)
        return value

    @field_validator("webhook_listen")
    @classmethod
    def _host_and_port(cls, value: str) -> str:
        host, _, port = value.rpartition(":")
        if not host or not port.isdecimal() or int(port) > 65535:
            message = "give a host and a port, such as 127.0.0.1:8443"
            raise ValueError(message)
        return value

    @field_validator("webhook_secret")
    @classmethod
    def _as_telegram_takes_it(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", value.get_secret_value()):
            message = "use letters, digits, _ and - alone, 256 at most"
            raise ValueError(message)
        return value

    @field_validator("webhook_url", "webhook_secret", "telegram_token", mode="before")
    @classmethod
    def _blank_is_none(cls, value: object) -> object:
        return None if value == "" else value

    @property
    def webhook_path(self) -> str:
        """The path Telegram posts to."""
        return urlsplit(self.webhook_url or "").path or "/"

    @property
    def limits(self) -> Limits:
        """How many people stand behind a figure, in periods to come."""
        return Limits(self.least_people, self.least_outsiders)

    def must_serve(self) -> None:
        """Check what a bot that meets people needs.

        Raises:
            BadSettings: names each setting that is missing.
        """
        wanted: dict[str, object] = {"PULSE_TELEGRAM_TOKEN": self.telegram_token, **self._told_to_members()}
        if self.webhook_url:
            wanted["PULSE_WEBHOOK_SECRET"] = self.webhook_secret
        _must_be_set(wanted)

    def must_open(self) -> None:
        """Check what members have to be told before anybody is asked anything.   Source: promises D1.

        Raises:
            BadSettings: names each setting that is missing.
        """
        _must_be_set(self._told_to_members())

    def _told_to_members(self) -> dict[str, object]:
        return {
            "PULSE_OPERATOR": self.operator,
            "PULSE_CONTACT": self.contact,
            "PULSE_COMPLAINTS": self.complaints,
        }


def _must_be_set(wanted: dict[str, object]) -> None:
    missing = [name for name, value in wanted.items() if not value]
    if missing:
        message = f"Set {' and '.join(missing)} in the environment or in .env, or run `pulse init`."
        raise BadSettings(message)


def read_settings(**given: object) -> Settings:
    """The settings in force.

    Raises:
        BadSettings: one does not fit; no value is repeated in the message.
    """
    try:
        return Settings(**given)  # type: ignore[arg-type]
    except ValidationError as exc:
        wrong = "; ".join(
            f"PULSE_{'_'.join(str(p) for p in e['loc']).upper()}: {e['msg']}" for e in exc.errors(include_input=False)
        )
        message = f"A setting does not fit: {wrong}."
        raise BadSettings(message) from None

"""Logs as events with stable names, and a filter no secret or person passes."""

import logging
import re
import sys

import structlog

_TOKEN = re.compile(r"\d{4,}:[A-Za-z0-9_-]{8,}")
_PEERS = ("httpx", "httpcore", "telegram", "aiohttp", "dbos", "alembic", "uvicorn", "sqlalchemy")


class _Redact(logging.Filter):
    """Lets through what we say and what libraries warn of, without tokens and without what an error quotes."""

    def filter(self, record: logging.LogRecord) -> bool:
        # Whatever level somebody sets: below a warning libraries quote updates, rows and secrets.
        if record.name.partition(".")[0] in _PEERS and record.levelno < logging.WARNING:
            return False
        record.msg, record.args = _TOKEN.sub("[token]", record.getMessage()), ()
        if record.exc_info:
            # Only the kind of error: its text and frames may hold what a person wrote.
            kind = record.exc_info[0].__name__ if record.exc_info[0] else "error"
            record.msg, record.exc_info, record.exc_text = f"{record.msg} ({kind})", None, None
        return True


def set_up_logs() -> None:
    """Send events to standard error, dated by day alone: a finer time could tie an event to a person.

    Libraries speak only of warnings, and through the filter.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_Redact())
    handler.setFormatter(logging.Formatter("%(message)s"))
    logging.basicConfig(handlers=[handler], level=logging.INFO, force=True)
    for name in _PEERS:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("telegram").setLevel(logging.CRITICAL + 1)  # where it fails it quotes whole updates
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="%Y-%m-%d", utc=True),
            structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"]),
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def log(event: str, **about: str | float) -> None:
    """Record an event: a stable name, and counts or codes. Never an id, an address or a word of a person's."""
    structlog.get_logger().info(event, **about)


def warn(event: str, **about: str | float) -> None:
    """Record an event an operator should look at."""
    structlog.get_logger().warning(event, **about)

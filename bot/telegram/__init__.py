"""Telegram, and nothing but Telegram: updates in, messages out. Decides nothing about a check-in.

`receive.py` acknowledges an update only after its commit; python-telegram-bot's own receivers do so before.
"""

import os

# Without this python-telegram-bot warns inside the error it raises on every 429.
os.environ.setdefault("PTB_TIMEDELTA", "true")

"""`python -m storage.migrations DATABASE_URL KEYS_URL`."""

import sys

from storage.migrations import _command

sys.exit(_command())

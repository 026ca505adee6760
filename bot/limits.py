"""How often a link may be guessed. Held in memory only, for an hour at most."""

from collections import deque
from datetime import datetime, timedelta

MOST_WRONG, WINDOW = 5, timedelta(hours=1)  # Source: promises Z9
_MOST_PEOPLE = 10_000


class WrongLinks:
    """Counts wrong invite links by keyed index of the address."""

    def __init__(self) -> None:
        self._wrong: dict[bytes, deque[datetime]] = {}

    def too_many(self, lookup: bytes, now: datetime) -> bool:
        """Whether this person must wait."""
        tries = self._wrong.get(lookup, deque())
        while tries and tries[0] <= now - WINDOW:
            tries.popleft()
        return len(tries) >= MOST_WRONG

    def add(self, lookup: bytes, now: datetime) -> None:
        """Count one wrong link."""
        if len(self._wrong) >= _MOST_PEOPLE:
            self._wrong = {who: tries for who, tries in self._wrong.items() if tries and tries[-1] > now - WINDOW}
        self._wrong.setdefault(lookup, deque(maxlen=MOST_WRONG)).append(now)

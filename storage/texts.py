"""Sentences in other languages, as an operator brought them in; they go before those that came with the bot."""

from collections.abc import Mapping

from sqlalchemy import Connection, delete, insert, select

from storage.tables import TextRow

_TEXT = TextRow.__table__  # type: ignore[attr-defined]


class Texts:
    """The sentences brought in, inside one transaction: language -> English -> what is said. All are public."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def replace(self, language: str, said: Mapping[str, str]) -> None:
        """Keep these for `language` in the place of all before. The empty source holds what the file says of itself."""
        self._connection.execute(delete(_TEXT).where(_TEXT.c.language == language))
        rows = [
            {"language": language, "number": number, "source": source, "said": text}
            for number, (source, text) in enumerate(said.items())
        ]
        if rows:
            self._connection.execute(insert(_TEXT), rows)

    def all(self) -> dict[str, dict[str, str]]:
        """Everything that was brought in."""
        found: dict[str, dict[str, str]] = {}
        query = select(_TEXT.c.language, _TEXT.c.source, _TEXT.c.said).order_by(_TEXT.c.language, _TEXT.c.number)
        for language, source, said in self._connection.execute(query):
            found.setdefault(language, {})[source] = said
        return found

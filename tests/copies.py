"""A copy of the main database, taken now and brought back later."""

from dataclasses import dataclass

from sqlalchemy import delete, insert, select

from storage.tables import metadata
from storage.work import Store

Rows = dict[str, list[dict[str, object]]]


@dataclass(frozen=True)
class Copy:
    """The main database as it was, to be brought back."""

    store: Store
    rows: Rows

    def comes_back(self) -> None:
        with self.store.database.begin() as connection:
            for table in reversed(metadata.sorted_tables):
                connection.execute(delete(table))
            for table in metadata.sorted_tables:
                if self.rows[table.name]:
                    connection.execute(insert(table), self.rows[table.name])


def copied(store: Store) -> Copy:
    with store.database.begin() as connection:
        rows = {
            table.name: [dict(row) for row in connection.execute(select(table)).mappings()]
            for table in metadata.sorted_tables
        }
    return Copy(store, rows)

"""The check-ins a process can walk: those that came with the bot, and those that were published, which go first."""

from collections.abc import Collection, Iterator, Mapping
from datetime import date
from threading import Lock

from flows.engine import Engine, engines
from flows.model import Flow
from flows.snapshot import freeze, thaw
from storage.errors import NotFound, Refused
from storage.published import another
from storage.work import Store, Work


class Shelf(Mapping[str, Engine]):
    """Engines by ref. What another process published is fetched by `know`, which asks the database once for a ref."""

    def __init__(self, library: Mapping[str, Engine] | None = None) -> None:
        self._engines = dict(engines() if library is None else library)
        self._published: frozenset[str] = frozenset()  # those fetched: a file of the same ref counts no more
        self._adding = Lock()  # what is due, sends and answers each have a thread

    def __getitem__(self, ref: str) -> Engine:
        return self._engines[ref]

    def __iter__(self) -> Iterator[str]:
        return iter(self._engines)

    def __len__(self) -> int:
        return len(self._engines)

    def know(self, work: Work, refs: Collection[str]) -> None:
        """Fetch those of `refs` that are not here yet; nothing is asked where all are.

        Raises:
            NotFound: one is neither published nor in the library.
        """
        missing = frozenset(refs) - self._published
        if not missing:
            return
        found = {ref: self._engine(body) for ref, body in work.flows.bodies(missing).items()}
        with self._adding:
            # Replaced, never changed: another thread may be walking through them.
            self._engines = self._engines | found
            self._published |= found.keys()
        if lost := missing - self._engines.keys():
            message = f"The check-in {', '.join(sorted(lost))} is neither published nor one of those in the library."
            raise NotFound(message)

    def know_all(self, work: Work) -> None:
        """Fetch every published check-in that is not here yet."""
        self.know(work, work.flows.refs())

    def newest(self, ident: str) -> Engine:
        """The newest version of a check-in.

        Raises:
            NotFound: there is none of that name; says what there is.
        """
        versions = [engine for engine in self._engines.values() if engine.flow.id == ident]
        if not versions:
            known = sorted({engine.flow.id for engine in self._engines.values()})
            message = f"There is no check-in called {ident!r}. There is: {', '.join(known)}."
            raise NotFound(message)
        return max(versions, key=lambda engine: engine.flow.version)

    def publish(self, work: Work, flow: Flow, day: date) -> None:
        """Keep the check-in for good, unless it is kept already.

        Raises:
            Refused: another of this name and version is here already.
        """
        here = self._engines.get(flow.ref)
        if here is not None and freeze(here.flow) != freeze(flow):
            raise Refused(another(flow.ref))
        if not work.flows.bodies([flow.ref]):  # one that an older version of this program kept is written otherwise
            work.flows.publish(flow.ref, freeze(flow), day)

    def must_agree(self, work: Work) -> None:
        """Check, before anything is asked, that no file of the library says something else than was published.

        Raises:
            Refused: one does; names the file and how to mend it.
        """
        ours = {ref: engine.flow for ref, engine in self._engines.items() if ref not in self._published}
        for ref, body in work.flows.bodies(ours.keys()).items():
            if freeze(thaw(body)) != freeze(ours[ref]):
                raise Refused(_differs(ours[ref]))

    def _engine(self, body: str) -> Engine:
        flow = thaw(body)
        here = self._engines.get(flow.ref)
        return here if here is not None and freeze(here.flow) == freeze(flow) else Engine(flow)


def shelf_of(store: Store) -> Shelf:
    """Everything that can be asked, for a process that starts.

    Raises:
        Refused: a file of the library differs from what was published under its name.
    """
    shelf = Shelf()
    with store.work() as work:
        shelf.must_agree(work)
        shelf.know_all(work)
    return shelf


def _differs(flow: Flow) -> str:
    return (
        f"The file flows/library/{flow.id}.yaml is not the check-in that was published as {flow.ref}, and people "
        f"have answered that one. Put the file back as it was, or give it the next version (version: "
        f"{flow.version + 1})."
    )

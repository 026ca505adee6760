"""The durable queue: one job per send, in the same database and transaction as what caused it. DBOS carries it.

The only module that knows the library. Its traps, and the answers here: the application version never changes
and a job is one step long, so that a job begun by one release is finished by the next; the executor's id is the
slot its process holds, so that a new process takes over a dead one's jobs; jobs hold ids only.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from typing import Any

from dbos import DBOS, DBOSClient, DBOSConfig, EnqueueOptions, Serializer
from sqlalchemy import Connection, Engine

from bot.logs import warn
from storage.db import driver_url

Deliver = Callable[[str, str, str], Awaitable[float | None]]

_QUEUE, _JOB, _VERSION = "sends", "deliver", "1"
_AT_ONCE = 16  # jobs under way in one process; the limiter, not this, sets the pace
_KINDS = ("prompt", "remind", "digest", "stay", "goodbye")
_FINISHED = ["SUCCESS", "ERROR", "CANCELLED"]
_TRIES = 20
_A_PIECE = 1000  # finished jobs dropped at once
_LOOK_SECONDS = 0.2  # how often the queue looks for jobs; 16 at a time, five times a second, is above any rate
_AFTER_FAILURE = 5.0  # seconds


class _Json(Serializer):
    """Ids and numbers need no pickle; of an error only its kind is kept."""

    def serialize(self, data: Any) -> str:
        return json.dumps(data, default=lambda error: type(error).__name__)

    def deserialize(self, serialized_data: str) -> Any:
        return json.loads(serialized_data)

    def name(self) -> str:
        return "pulse_json"


class Queue:
    """The queue of one process. `start` before use, `stop` to drain. One at a time in a process."""

    _running: "Queue | None" = None

    def __init__(self, database: Engine, slot: int, rate: float) -> None:
        self._postgres = database.dialect.name == "postgresql"
        # DBOS opens connections of its own: its way of beginning a transaction is not ours.
        self._url = driver_url(database.url.render_as_string(hide_password=False)).render_as_string(hide_password=False)
        self._slot, self._rate = slot, rate
        self._client: DBOSClient | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._deliver: Deliver | None = None

    def start(self, deliver: Deliver, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to carry jobs, a dead predecessor's first."""
        self._deliver, self._loop, Queue._running = deliver, loop, self
        config = DBOSConfig(
            name="pulse",
            system_database_url=self._url,
            application_version=_VERSION,
            executor_id=str(self._slot),
            log_level="WARNING",
            serializer=_Json(),
            sys_db_pool_size=4,
            use_listen_notify=False,
        )
        DBOS(config=config)
        DBOS.launch()
        # Across processes the pace is the queue's; SQLite's clock has whole seconds, so there the limiter of
        # the one process that serves it sets the pace alone.
        limit: Any = {"limit": 3, "period": 3 / self._rate} if self._postgres else None
        DBOS.register_queue(
            _QUEUE,
            worker_concurrency=_AT_ONCE,
            polling_interval_sec=_LOOK_SECONDS,
            limiter=limit,
            on_conflict="always_update",
        )
        self._client = DBOSClient(system_database_url=self._url, serializer=_Json(), application_name="pulse")

    def add(self, connection: Connection, kind: str, round_id: str, people: Iterable[str]) -> None:
        """Send `kind` of the round to each person, once; part of the caller's transaction."""
        assert self._client is not None  # noqa: S101  started before it is used
        for person in people:
            self._client.enqueue_in_transaction(
                connection, _options(kind, round_id, person, 0), kind, round_id, person, 0
            )

    def forget(self, round_id: str) -> None:
        """Drop the finished jobs of a round: nobody can tell from them who was sent what."""
        done = DBOS.list_workflows(
            workflow_id_prefix=[f"{kind}.{round_id}." for kind in _KINDS], status=_FINISHED,
            load_input=False, load_output=False,
        )  # fmt: skip
        if done:
            DBOS.delete_workflows([job.workflow_id for job in done])

    def forget_before(self, instant: datetime) -> None:
        """Drop every job that has finished and was queued before `instant`, a bounded number at a time."""
        while done := DBOS.list_workflows(
            end_time=instant.isoformat(), status=_FINISHED, queue_name=_QUEUE, limit=_A_PIECE,
            load_input=False, load_output=False,
        ):  # fmt: skip
            DBOS.delete_workflows([job.workflow_id for job in done])

    def waiting(self) -> int:
        """How many jobs are not finished yet."""
        return len(DBOS.list_workflows(status=["ENQUEUED", "PENDING", "DELAYED"], load_input=False))

    def stop(self, patience: int = 20) -> None:
        """Stop taking jobs and wait for those under way. Units: seconds. Not on the event loop's thread."""
        DBOS.destroy(workflow_completion_timeout_sec=patience)
        if self._client is not None:
            self._client.destroy()
        Queue._running = None

    def carry(self, kind: str, round_id: str, person: str, attempt: int) -> None:
        """Do one job on the event loop; queue it again where it is proven not to have happened."""
        assert self._loop is not None and self._deliver is not None and self._client is not None  # noqa: S101, PT018  started
        wait = asyncio.run_coroutine_threadsafe(_tried(self._deliver(kind, round_id, person)), self._loop).result()
        if wait is not None and attempt < _TRIES:
            options = _options(kind, round_id, person, attempt + 1)
            options["delay_seconds"] = wait
            self._client.enqueue(options, kind, round_id, person, attempt + 1)


async def _tried(delivery: Awaitable[float | None]) -> float | None:
    try:
        return await delivery
    except Exception as exc:  # noqa: BLE001  a claim guards against sending twice, so trying again is safe
        warn("send_failed", why=type(exc).__name__)
        return _AFTER_FAILURE


def _options(kind: str, round_id: str, person: str, attempt: int) -> EnqueueOptions:
    # The id makes adding the same job twice harmless.
    ident = f"{kind}.{round_id}.{person}.{attempt}"
    return {"workflow_name": _JOB, "queue_name": _QUEUE, "workflow_id": ident, "app_version": _VERSION}


@DBOS.workflow(name=_JOB)
def _job(kind: str, round_id: str, person: str, attempt: int) -> None:
    running = Queue._running  # noqa: SLF001  the library wants a module-level function
    assert running is not None  # noqa: S101  jobs run between start and stop
    running.carry(kind, round_id, person, attempt)

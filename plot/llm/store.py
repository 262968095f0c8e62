"""The store, one SQLite file: cached replies, the log, capabilities of endpoints, remembered translations."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from platformdirs import user_cache_path

from plot._lazy import late
from plot.errors import PlotError
from plot.llm.calls import Completion, whole
from plot.text import Json

if TYPE_CHECKING:
    import sqlite3
else:
    sqlite3 = late("sqlite3")

FOLDER_VARIABLE = "PLOT_CACHE_DIR"
FILE = "models.sqlite3"
VERSION = 1
MOST_ROWS = 2**63 - 1
PATIENCE = 20.0  # seconds that one process waits for another's transaction
KEPT = {"cache": "replies", "log": "calls", "memory": "meanings", "learned": "abilities"}  # what is kept, by its table
_OF = "(?1 IS NULL OR world = ?1) AND (?2 IS NULL OR shape = ?2)"
_TABLES = """
CREATE TABLE replies (key TEXT PRIMARY KEY, reply TEXT NOT NULL);
CREATE TABLE abilities (endpoint TEXT PRIMARY KEY, found TEXT NOT NULL);
CREATE TABLE calls (
    id INTEGER PRIMARY KEY, at REAL NOT NULL, key TEXT NOT NULL, translator TEXT NOT NULL, model TEXT NOT NULL,
    base_url TEXT NOT NULL, world TEXT NOT NULL, purpose TEXT NOT NULL, source TEXT NOT NULL,
    prompt_tokens INTEGER NOT NULL, completion_tokens INTEGER NOT NULL, cost REAL NOT NULL, seconds REAL NOT NULL,
    failure TEXT NOT NULL, messages TEXT NOT NULL, reply TEXT NOT NULL
);
CREATE TABLE meanings (
    world TEXT NOT NULL, shape TEXT NOT NULL, meaning TEXT NOT NULL, at REAL NOT NULL, uses INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (world, shape)
);
"""


def cache_folder() -> Path:
    """Return the folder of the cache: the user's, or what PLOT_CACHE_DIR says."""
    return Path(os.environ.get(FOLDER_VARIABLE) or user_cache_path("plot", appauthor=False))


@dataclass(frozen=True, slots=True)
class LoggedCall:
    """One line of the log. `source` is called, cached or recorded; `failure` is empty where the call was answered."""

    id: int
    at: float
    key: str
    translator: str
    model: str
    base_url: str
    world: str
    purpose: str
    source: str
    prompt_tokens: int
    completion_tokens: int
    cost: float
    seconds: float
    failure: str
    messages: str
    reply: str


@dataclass(frozen=True, slots=True)
class StoredTranslation:
    """A remembered meaning: the shape of a sentence in a world, and as JSON what it means."""

    world: str
    shape: str
    meaning: Mapping[str, Json]
    at: float
    uses: int


class Store:
    """The file of what is kept; two processes may use it at once.

    `warnings` says in plain words what went wrong with the file: a damaged one is set aside and a new one begun, and
    where none can be written, all is kept in memory for this command only.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.path = (folder or cache_folder()) / FILE
        self.warnings: list[str] = []
        self._lock = threading.RLock()
        self._opened: sqlite3.Connection | None = None

    # -- replies ---------------------------------------------------------------------------------------

    def reply(self, key: str) -> Completion | None:
        """Return the reply that was kept under a key."""
        rows = self._all("SELECT reply FROM replies WHERE key = ?", (key,))
        for (kept,) in rows:
            with suppress(ValueError, KeyError, TypeError):
                return Completion.from_json(json.loads(kept), "cached")
        return None

    def keep_reply(self, key: str, completion: Completion) -> None:
        """Keep a reply under a key."""
        self._do("INSERT OR REPLACE INTO replies VALUES (?, ?)", (key, json.dumps(completion.to_json())))

    # -- abilities of endpoints ------------------------------------------------------------------------

    def abilities(self, endpoint: str) -> Mapping[str, Json]:
        """Return what was found out about an endpoint."""
        for (found,) in self._all("SELECT found FROM abilities WHERE endpoint = ?", (endpoint,)):
            with suppress(ValueError):
                known = json.loads(found)
                return known if isinstance(known, dict) else {}
        return {}

    def keep_abilities(self, endpoint: str, found: Mapping[str, Json]) -> None:
        """Keep what was found out about an endpoint."""
        self._do("INSERT OR REPLACE INTO abilities VALUES (?, ?)", (endpoint, json.dumps(dict(found))))

    # -- the log ---------------------------------------------------------------------------------------

    def log(self, call: Mapping[str, Json]) -> None:
        """Add a call to the log."""
        names = [name for name in LoggedCall.__slots__ if name != "id"]
        marks = ", ".join("?" for _ in names)
        values = [whole(value) if isinstance(value, str) else value for value in (call[name] for name in names)]
        self._do(f"INSERT INTO calls ({', '.join(names)}) VALUES ({marks})", tuple(values))  # noqa: S608

    def calls(self, most: int = 20) -> list[LoggedCall]:
        """Return the last calls, the latest first."""
        rows = self._all("SELECT * FROM calls ORDER BY id DESC LIMIT ?", (min(most, MOST_ROWS),))
        return [LoggedCall(*row) for row in rows]

    def call(self, number: int) -> LoggedCall | None:
        """Return one call of the log."""
        if not 0 <= number <= MOST_ROWS:
            return None
        return next((LoggedCall(*row) for row in self._all("SELECT * FROM calls WHERE id = ?", (number,))), None)

    def forget(self) -> None:
        """Empty the log and the cache; remembered meanings and abilities stay."""
        self._do("DELETE FROM calls")
        self._do("DELETE FROM replies")

    # -- remembered meanings ---------------------------------------------------------------------------

    def meaning(self, world: str, shape: str) -> StoredTranslation | None:
        """Return what a sentence of this shape means in a world."""
        found = self.meanings(world, shape)
        return found[0] if found else None

    def meanings(self, world: str | None = None, shape: str | None = None) -> list[StoredTranslation]:
        """Return the remembered meanings, the latest first."""
        text = f"SELECT world, shape, meaning, at, uses FROM meanings WHERE {_OF} ORDER BY at DESC"  # noqa: S608
        found = []
        for row in self._all(text, (world, shape)):
            with suppress(ValueError):
                meaning = json.loads(row[2])
                if isinstance(meaning, dict):
                    found.append(StoredTranslation(row[0], row[1], meaning, row[3], row[4]))
        return found

    def keep_meaning(self, world: str, shape: str, meaning: Mapping[str, Json]) -> None:
        """Remember what a sentence of this shape means in a world."""
        text = (
            "INSERT INTO meanings VALUES (?, ?, ?, ?, 0) "
            "ON CONFLICT (world, shape) DO UPDATE SET meaning = excluded.meaning, at = excluded.at"
        )
        self._do(text, (world, shape, json.dumps(dict(meaning)), time.time()))

    def count_use(self, world: str, shape: str) -> None:
        """Count that a remembered meaning was used."""
        self._do("UPDATE meanings SET uses = uses + 1 WHERE world = ? AND shape = ?", (world, shape))

    def forget_meanings(self, world: str | None = None, shape: str | None = None) -> int:
        """Forget remembered meanings and return how many they were."""
        count = len(self.meanings(world, shape))
        self._do(f"DELETE FROM meanings WHERE {_OF}", (world, shape))  # noqa: S608
        return count

    # -- what is kept ----------------------------------------------------------------------------------

    def counts(self) -> dict[str, int]:
        """Return how much there is of each kind of `KEPT`."""
        found = {what: self._all(f"SELECT count(*) FROM {table}") for what, table in KEPT.items()}  # noqa: S608
        return {what: sum(count for (count,) in rows) for what, rows in found.items()}

    def erase(self, what: str) -> None:
        """Remove all of one kind, so that nothing of it is left in the file."""
        self._do(f"DELETE FROM {KEPT[what]}")  # noqa: S608
        with self._lock, suppress(sqlite3.OperationalError):
            self._open().execute("VACUUM")

    @property
    def set_aside(self) -> list[Path]:
        """Files that could not be read."""
        return sorted(self.path.parent.glob(f"{FILE}.damaged-*"))

    # -- the file --------------------------------------------------------------------------------------

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._opened is not None:
                self._opened.close()
                self._opened = None

    def _all(self, text: str, values: tuple[Any, ...] = ()) -> list[Any]:
        found: list[Any] = []
        with self._transaction() as connection:
            found += connection.execute(text, values).fetchall()
        return found

    def _do(self, text: str, values: tuple[Any, ...] = ()) -> None:
        with self._transaction() as connection:
            connection.execute(text, values)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """Run a block on the open file. What the file does not allow is told as a warning; nothing else is lost."""
        with self._lock:
            connection = self._open()
            try:
                with connection:
                    yield connection
            except sqlite3.DatabaseError as error:
                self._failed(error)

    def _failed(self, error: sqlite3.DatabaseError) -> None:
        self.close()
        if isinstance(error, sqlite3.OperationalError):  # locked, full, read-only: the file itself is sound
            self._warn(f"the cache '{self.path}' can't be used now: {error}")
            self._opened = _in_memory()
        elif not self._set_aside(str(error)):
            self._opened = _in_memory()

    def _open(self) -> sqlite3.Connection:
        if self._opened is None:
            self._opened = self._connected()
        return self._opened

    def _connected(self) -> sqlite3.Connection:
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._keep_private()
            connection = _connect(self.path)
        except (OSError, sqlite3.OperationalError) as error:
            self._warn(f"caching is off: the cache '{self.path}' can't be used ({error})")
            return _in_memory()
        except (sqlite3.DatabaseError, PlotError) as error:
            reason = error.message if isinstance(error, PlotError) else str(error)
            return self._connected() if self._set_aside(reason) else _in_memory()
        return connection

    def _keep_private(self) -> None:
        """Make the file, if there is none, and let only its owner read it, whatever the folder allows."""
        os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
        if self.path.stat().st_mode & 0o077:
            with suppress(PermissionError):  # it is another user's
                self.path.chmod(0o600)

    def _set_aside(self, reason: str) -> bool:
        """Rename a file that can't be read, so that a new one begins and nothing is deleted; tell whether it could."""
        self.close()
        aside = self.path.with_name(f"{FILE}.damaged-{time.time_ns()}")
        try:
            self.path.rename(aside)
        except FileNotFoundError:
            return True  # another process did it
        except OSError as error:
            self._warn(f"caching is off: the cache could not be read ({reason}) or set aside ({error})")
            return False
        self._warn(
            f"the cache could not be read ({reason}); it was set aside as '{aside.name}', and a new one was created"
        )
        return True

    def _warn(self, text: str) -> None:
        if text not in self.warnings:
            self.warnings.append(text)


def _connect(path: Path) -> sqlite3.Connection:
    """Open a file, and make its tables where it is new. Raises PlotError for one of another version."""
    connection = sqlite3.connect(path, timeout=PATIENCE, check_same_thread=False)
    try:
        with connection:
            connection.execute("PRAGMA secure_delete = ON")
            connection.execute("BEGIN IMMEDIATE")
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version == 0:
                for statement in filter(str.strip, _TABLES.split(";")):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {VERSION}")
        if version not in (0, VERSION):
            raise PlotError(f"it is of version {version}, not {VERSION}")
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if not {"calls", "replies", "abilities", "meanings"} <= tables:
            raise PlotError("tables are missing")
    except BaseException:
        connection.close()
        raise
    return connection


def _in_memory() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", check_same_thread=False)
    connection.executescript(_TABLES)
    return connection


__all__ = ["KEPT", "LoggedCall", "Store", "StoredTranslation", "cache_folder"]

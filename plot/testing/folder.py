"""Requests and replies as files, named by a number and a hash."""

from __future__ import annotations

import hashlib
import json
import re
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plot.errors import PlotError
from plot.files import write_text, write_whole
from plot.testing.protocol import ReceivedRequest, body_of, text_of

HASH_LETTERS = 12
REQUEST, PAGE = ".request.json", ".request.md"
REPLIES = (".reply.txt", ".reply.json")
NAME = re.compile(r"((\d{4,})-([0-9a-f]{12}))(\.(?:request|reply(?:-\d{1,3})?)\.(?:md|json|txt))")
TITLE_LETTERS = 80
OLD_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Waiting:
    """A request without a reply.

    Attributes:
        name: The name that its files begin with.
        page: The file to read.
        reply: The file to put the reply in.
        title: How its last message begins.
    """

    name: str
    page: Path
    reply: Path
    title: str

    def as_json(self) -> dict[str, str]:
        """Return it as JSON data."""
        return {"name": self.name, "page": str(self.page), "reply": str(self.reply), "title": self.title}


class Folder:
    """A folder of requests and replies, made where there is none."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except (OSError, ValueError) as error:
            raise _no_folder(path, error) from None
        self._lock = threading.Lock()

    def enter(self, request: ReceivedRequest) -> tuple[str, bool]:
        """Return the name of a request, and whether there is a reply to it.

        It is the name of the same request before, or a new one, whose files are written.
        """
        hashed = hash_of(request.body)
        with self._lock:
            files = named_files(self.path)
            known = sorted(name for name in files if name.endswith(hashed))
            answered = [name for name in known if _is_answered(files[name])]
            last = max(map(number_of, files), default=0)
            name = (answered or known or [f"{last + 1:04d}-{hashed}"])[0]
            if REQUEST not in files.get(name, set()) and not answered:
                write_text(self.path / (name + PAGE), page(name, request).encode(errors="replace").decode())
                write_whole(self.path / (name + REQUEST), lambda made: made.write_bytes(request.raw))
        return name, bool(answered)

    def waiting(self, name: str) -> Waiting:
        """Describe a request of the folder."""
        try:
            body = body_of((self.path / (name + REQUEST)).read_bytes())
        except OSError:
            body = {}
        words = " ".join(ReceivedRequest(0, "", "", {}, body, b"", 0.0).last_text.split())
        title = words if len(words) <= TITLE_LETTERS else f"{words[: TITLE_LETTERS - 1]}…"
        return Waiting(name, self.path / (name + PAGE), self.path / (name + REPLIES[0]), title)


class ReplyWatch:
    """Looks at the replies to one request, until one is there and whole.

    A file is whole where two looks find it the same, or it is old enough; `problem` says what is wrong with one that
    can't be taken. A `sample` that has a reply of its own, `NAME.reply-2.txt` for the second one, gets that.
    """

    def __init__(self, folder: Folder, name: str, sample: int = 0) -> None:
        own = [ending.replace("reply", f"reply-{sample + 1}") for ending in REPLIES]
        self._paths = [folder.path / (name + ending) for ending in (*own, *REPLIES)]
        self._looks: dict[Path, tuple[int, int]] = {}
        self.problem: str | None = None

    def look(self) -> str | None:
        """Return the text of the reply, or None: not yet."""
        for path in self._paths:
            try:
                state = path.stat()
                now = (state.st_size, state.st_mtime_ns)
                before, self._looks[path] = self._looks.get(path), now
                whole = before == now or time.time() - state.st_mtime > OLD_SECONDS
                text = self._text(path) if whole else None
            except OSError:
                continue
            if text is not None:
                return text
        return None

    def _text(self, path: Path) -> str | None:
        """Return what a file says, None where it says nothing that can be taken."""
        try:
            text = path.read_bytes().decode("utf-8-sig")
            if text.strip() and path.suffix == ".json":
                json.loads(text)
        except UnicodeDecodeError:
            self.problem = f"{path.name} is not UTF-8 text"
        except (ValueError, RecursionError) as error:
            self.problem = f"{path.name} is not JSON: {error}"
        else:
            return text.removesuffix("\n").removesuffix("\r") if text.strip() else None
        return None


def waiting_in(path: str | Path) -> list[Waiting]:
    """Return the requests of a folder that have no reply, in their order.

    Args:
        path: The folder that requests are written to.

    Raises:
        PlotError: There is no such folder.
    """
    if not Path(path).is_dir():
        raise PlotError(f"'{path}' is not a folder", hint="give the folder that requests are written to")
    folder = Folder(path)
    files = named_files(folder.path)
    names = [name for name, endings in files.items() if REQUEST in endings and not _is_answered(endings)]
    return [folder.waiting(name) for name in sorted(names, key=number_of)]


def _is_answered(endings: set[str]) -> bool:
    return any(ending.startswith(".reply") for ending in endings)


def number_of(name: str) -> int:
    """Return the number that a name begins with."""
    return int(name.partition("-")[0])


def hash_of(body: dict[str, Any]) -> str:
    """Return the hash of a request: messages, model and parameters, in whatever order its keys stand."""
    text = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:HASH_LETTERS]


def named_files(path: Path) -> dict[str, set[str]]:
    """Return what there is for each name: the endings of its files."""
    found: dict[str, set[str]] = {}
    for file in path.iterdir():
        if match := NAME.fullmatch(file.name):
            found.setdefault(match[1], set()).add(match[4])
    return found


def page(name: str, request: ReceivedRequest) -> str:
    """Return a request as a page for people."""
    shown = ("messages", "response_format", "input", "text")  # below, as they are read
    settings = {key: value for key, value in request.body.items() if key not in shown}
    reply = f"Put the text of the reply, and nothing else, in `{name}{REPLIES[0]}` beside this file"
    parts = [
        f"# {name}",
        f"{reply}: write it under another name, and rename it when it is whole.",
        "\n".join(f"- {key}: {json.dumps(value, ensure_ascii=False)}" for key, value in settings.items()),
    ]
    for message in request.messages:
        parts += [f"## {message.get('role', 'message')}", text_of(message)]
    if wanted := request.response_format:
        schema = json.dumps(wanted.get("json_schema", wanted), ensure_ascii=False, indent=2)
        parts += ["## The reply must have this format", f"```json\n{schema}\n```"]
    return "\n\n".join(parts) + "\n"


def _no_folder(path: str | Path, error: Exception) -> PlotError:
    if isinstance(error, FileExistsError | NotADirectoryError):
        return PlotError(f"'{path}' is a file, or is inside one, and not a folder", hint="give the path of a folder")
    reason = (getattr(error, "strerror", None) or str(error)).lower()
    return PlotError(f"the folder '{path}' can't be made: {reason}")

"""Error boundary: messages and exit codes (0 answered, 1 could not answer, 2 usage, 130 interrupted)."""

from __future__ import annotations

import atexit
import errno
import gc
import io
import os
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import click

from plot.cli.shared.output import error_object, shown_error, warn, write_json
from plot.errors import PlotError

FAILED = 1
INTERRUPTED = 130


class PlotCommand(click.Command):
    """A command that reports errors as messages, or as an object with `--json`."""

    def invoke(self, ctx: click.Context) -> None:
        """Run the command; end with exit code 1 where it could not answer."""
        try:
            super().invoke(ctx)
            return
        except PlotError as error:
            self._tell(ctx, error)
        except RecursionError as error:
            _trace(ctx)
            self._tell(ctx, PlotError("this is nested too deeply", hint=_bug_hint(error)))
        except MemoryError:
            hint = "lower the number of particles or the memory budget: --particles, --budget memory=…"
            self._tell(ctx, PlotError("there is not enough memory for this", hint=hint))
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise
        except Exception as error:
            if _is_of_output(error):
                raise
            _trace(ctx)
            said = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
            self._tell(ctx, PlotError(f"PLoT failed ({said})", hint=_bug_hint(error)))
        ctx.exit(FAILED)

    def _tell(self, ctx: click.Context, error: PlotError) -> None:
        if ctx.params.get("as_json"):
            write_json(error_object(error))
        else:
            warn(f"error: {shown_error(error)}")


def _bug_hint(error: BaseException) -> str:
    return "this is a bug in PLoT, not a mistake in your input; please report it with your command" + (
        "" if _debugging() else " and its output with --debug"
    )


def _debugging() -> bool:
    ctx = click.get_current_context(silent=True)
    return bool(os.environ.get("PLOT_DEBUG")) or (ctx is not None and bool(ctx.params.get("debug")))


def _trace(ctx: click.Context) -> None:
    if _debugging():
        with suppress(OSError):
            traceback.print_exc()


class PlotGroup(click.Group):
    """The program: commands, and what holds for all of them."""

    command_class = PlotCommand

    def main(self, args: Sequence[str] | None = None, *rest: Any, **extra: Any) -> Any:
        """Run the program. A reader that has gone away ends it quietly, Ctrl-C with exit code 130."""
        try:
            if extra.get("standalone_mode", True) and not rest:
                atexit.register(gc.freeze)  # else the end of the process looks for garbage, as long as an answer takes
                sys.exit(self._run(args, extra) if _streams_opened() else FAILED)
            return super().main(args, *rest, **extra)
        except BrokenPipeError:
            _abandon(sys.stdout, sys.stderr)
        except OSError as error:
            if not _is_of_output(error):
                raise
            _abandon(sys.stdout)
            warn(f"error: the standard output can't be written: {(error.strerror or str(error)).lower()}")
        sys.exit(FAILED)

    def _run(self, args: Sequence[str] | None, extra: dict[str, Any]) -> int:
        for stream in (sys.stdout, sys.stderr):
            with suppress(AttributeError, ValueError):
                stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
        given = _decoded(sys.argv[1:] if args is None else args)
        try:
            code = super().main(given, **{**extra, "standalone_mode": False})
        except click.ClickException as error:
            _tell_usage(error, given)
            code = error.exit_code
        except (click.Abort, KeyboardInterrupt):
            code = INTERRUPTED
        sys.stdout.flush()
        return code if isinstance(code, int) else 0


def _tell_usage(error: click.ClickException, args: Sequence[str]) -> None:
    """Tell a mistake in the use of a command, as an object where the arguments ask for JSON."""
    options = args[: args.index("--")] if "--" in args else args
    if "--json" in options:
        ctx = getattr(error, "ctx", None)
        hint = f"see {ctx.command_path} --help" if ctx is not None else None
        write_json(error_object(PlotError(error.format_message(), hint=hint)))
        return
    said = io.StringIO()
    error.show(said)
    warn(said.getvalue().rstrip())


def _decoded(args: Sequence[str]) -> list[str]:
    """Return arguments as UTF-8 where the locale could not decode them, as they are where that fails too."""
    found = []
    for text in args:
        try:
            text.encode()
            found.append(text)
        except UnicodeEncodeError:
            try:
                found.append(os.fsencode(text).decode())
            except UnicodeError:
                found.append(text)
    return found


# What a standard output that is open may fail with: files and sockets that fail are told where they are used.
_OUTPUT_FAULTS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF, errno.EAGAIN, errno.ENXIO}


def _is_of_output(error: Exception) -> bool:
    """Return whether the standard output could not be written."""
    return isinstance(error, OSError) and error.filename is None and error.errno in _OUTPUT_FAULTS


def _streams_opened() -> bool:
    """Open standard streams that are closed on nothing, so that no file takes their place; tell a closed output."""
    closed = [name for name in ("stdin", "stdout", "stderr") if getattr(sys, name) is None]
    if not closed:
        return True
    while os.open(os.devnull, os.O_RDWR) < 2:  # the lowest number that is free
        pass
    for name in closed:
        if name != "stdin":
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115
    if "stdout" in closed:
        warn("error: the standard output is closed")
    return "stdout" not in closed


def _abandon(*streams: Any) -> None:
    """Point streams nowhere, so that the flush at exit meets no error again."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for stream in streams:
            os.dup2(nowhere, stream.fileno())

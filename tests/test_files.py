"""Writing files that users name: links remain links, and devices devices."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from plot.errors import PlotError
from plot.files import write_text


def test_a_link_remains_one_and_a_pipe_is_written_to(tmp_path: Path) -> None:
    link, target, pipe = tmp_path / "link.md", tmp_path / "target.md", tmp_path / "pipe"
    link.symlink_to(target)
    write_text(link, "said")
    assert link.is_symlink() and target.read_text(encoding="utf-8") == "said"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_text(pipe, "said")
        assert os.read(reader, 99) == b"said" and not pipe.is_file()
    finally:
        os.close(reader)


def test_a_folder_and_a_full_device_are_told(tmp_path: Path) -> None:
    with pytest.raises(PlotError, match="is a folder"):
        write_text(tmp_path, "said")
    if Path("/dev/full").exists():
        (tmp_path / "full").symlink_to("/dev/full")
        with pytest.raises(PlotError, match="no space left"):
            write_text(tmp_path / "full", "said")

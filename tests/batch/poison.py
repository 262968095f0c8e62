"""A preload of Dask workers under which the vignette called `poison` kills the process that answers it."""

from __future__ import annotations

import os
import signal

from plot.batch import answering

answered = answering._answered


def killing(task: answering.BatchTask, text: str) -> answering.Result:
    if task["id"] == "poison":
        os.kill(os.getpid(), signal.SIGKILL)
    return answered(task, text)


def dask_setup(_: object) -> None:
    answering._answered = killing

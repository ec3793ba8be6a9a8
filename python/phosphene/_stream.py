"""Stream: a run whose pictures are taken as they come."""

from __future__ import annotations

import atexit
import json
import sys
import weakref
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any

from . import _phosphene
from ._phosphene import RunProgress, RunReport
from ._result import Failure, Picture, of_outcome

#: True writes a line to stderr; a function is called with a RunProgress (steps, all_steps, pictures, jobs) some times a second.
Progress = bool | Callable[[RunProgress], object]

_POLL = 0.1  # seconds between two looks at Ctrl-C
_running: weakref.WeakSet[Stream] = weakref.WeakSet()


class Stream(Iterator[Picture]):
    """Pictures in the order in which they are done. The run goes on while nobody asks, and ends with close(), with the `with` block, with
    Ctrl-C, or when the stream is gone."""

    def __init__(self, session: _phosphene.Session, plan: _phosphene.Plan, progress: Progress = False, folder: str | None = None) -> None:
        self.recipe: dict[str, Any] = json.loads(plan.to_json())
        self.errors: list[Failure] = []  #: jobs that failed so far
        self._progress = _print if progress is True else progress or None
        self._run = _phosphene.Run(session, plan, folder)
        _running.add(self)

    def __iter__(self) -> Stream:
        return self

    def __next__(self) -> Picture:
        try:
            while True:
                outcome = self._run.next(_POLL)
                if self._progress:
                    self._progress(self._run.progress)
                if outcome:
                    made = of_outcome(outcome)
                    if isinstance(made, Picture):
                        return made
                    self.errors.append(made)
                elif self._run.finished():
                    raise StopIteration
        except StopIteration:
            self._end_line()
            raise
        except BaseException:  # Ctrl-C, or an error of the run or of `progress`
            self.close()
            raise

    def wait(self) -> RunReport:
        """Until the run has ended; pictures that were not taken are lost."""
        for _ in self:
            pass
        return self._run.report

    def close(self) -> None:
        """Ends the run and waits for its end; what is done may still be taken."""
        self._run.stop()
        self._end_line()

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _end_line(self) -> None:
        if self._progress is _print:
            self._progress = None
            print(file=sys.stderr)


def _print(progress: RunProgress) -> None:
    share = progress.steps / progress.all_steps if progress.all_steps else 1
    print(f"\r{progress.pictures} of {progress.jobs} pictures, {100 * share:.0f} % of the steps", end="", file=sys.stderr, flush=True)


@atexit.register
def _close_all() -> None:
    for stream in list(_running):
        stream.close()

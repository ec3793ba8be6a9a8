"""What Python writes as keywords becomes the texts of a request; what fields there are, and what they mean, the library knows."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

import numpy as np

from . import _phosphene


def seeds_text(seeds: int | str | Iterable[int]) -> str:
    """A number N means the seeds 0 to N - 1; a text is as on the command line; else the seeds themselves."""
    if isinstance(seeds, str):
        return seeds
    if isinstance(seeds, (int, np.integer)):
        return f"0-{int(seeds) - 1}"
    return ",".join(str(int(seed)) for seed in seeds)


def request(fields: Mapping[str, object]) -> _phosphene.Request:
    """A field that is None is left out; a list of inputs is given several times, else joined with commas. An objective is its text."""
    made = _phosphene.Request()
    for name, value in fields.items():
        values = [value] if isinstance(value, (str, os.PathLike)) or not isinstance(value, Iterable) else list(value)
        texts = [os.fspath(item) if isinstance(item, os.PathLike) else str(item) for item in values if item is not None]
        for text in texts if name in ("fix", "prior_fix", "prior_input") else [",".join(texts)] if texts else []:
            made.set(name, text)
    return made

"""Evolution: search without gradients, for what can be asked for scores alone."""

from __future__ import annotations

import os

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import _phosphene
from ._prior import Prior


class Evolution:
    """One population of codes of a prior: ask() for codes, tell() their scores, and so on. docs/evolve.md names the papers."""

    prior: Prior
    population: int  #: codes of a generation

    def __init__(self, prior: Prior, optimizer: str = "cma-diagonal", population: int = 40, seed: int = 0, start: ArrayLike | None = None) -> None:
        first = np.ascontiguousarray([] if start is None else start, dtype=np.float32).reshape(-1)
        self.prior, self.population = prior, population
        self._evolution = _phosphene.Evolution(prior._prior, optimizer, population, seed, first)

    @property
    def generation(self) -> int:
        """Generations told so far."""
        return self._evolution.generation

    def ask(self) -> NDArray[np.float32]:
        """Codes [population, *code_shape], within the prior's bounds; the same until tell(). prior(codes) draws them."""
        return self._evolution.ask().reshape(self.population, *self.prior.code_shape)

    def tell(self, scores: ArrayLike) -> None:
        """Scores [population] of the codes of ask(), higher is better; or [population, repeats], of which the mean counts."""
        values = np.asarray(scores, dtype=np.float64)
        self._evolution.tell(np.ascontiguousarray(values.mean(axis=1) if values.ndim == 2 else values))

    @property
    def best(self) -> tuple[NDArray[np.float32], float]:
        """The code with the highest score so far, and that score, which may owe much to noise."""
        code, score = self._evolution.best()
        return code.reshape(self.prior.code_shape), score

    @property
    def centre(self) -> NDArray[np.float32]:
        """The code that the optimizer takes to be best. Noise of single scores has little part in it."""
        return self._evolution.centre().reshape(self.prior.code_shape)

    def __repr__(self) -> str:
        return f"Evolution of {self.prior.name}: {self.generation} generations of {self.population} codes"

    def save(self, file: str | os.PathLike[str]) -> None:
        """Saves the evolution, whole or not at all."""
        self._evolution.save(os.fspath(file))

    def load(self, file: str | os.PathLike[str]) -> bool:
        """Goes on from what save() wrote: the same codes. False where there is no file; Error where it is of another prior, optimizer,
        population or seed."""
        return self._evolution.load(os.fspath(file))


def evolve(prior: Prior, optimizer: str = "cma-diagonal", population: int = 40, seed: int = 0, start: ArrayLike | None = None) -> Evolution:
    """A search without gradients in the code space of a prior.

    optimizer: one of optimizers(), also with parameters: "cma sigma=0.5". start: codes [k, *code_shape] of the first generation; None: those
    stored with the prior, else random ones. Error for an optimizer that there is not or that does not take the prior's code.
    """
    return Evolution(prior, optimizer, population, seed, start)


def optimizers() -> dict[str, str]:
    """Name and description of every optimizer of evolve()."""
    return dict(_phosphene.Evolution.optimisers())

"""What a run gives: pictures with what was measured of them."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from . import _phosphene
from ._wall import Wall, coloured, png, short


@dataclass(frozen=True)
class Picture:
    """The picture that one (units, seed) of a request wants to see. In a notebook it shows itself."""

    image: NDArray[np.uint8] = field(repr=False)  #: [h, w, 3]; of a convolutional unit the part that the unit sees
    unit: str  #: as it was asked for: "fc8:34", "fc8:3*0.5+7"
    label: str  #: "lion", or "unit 34" in a layer without labels
    seed: int
    activation: float
    rank: int  #: of the unit among those of its layer at the same place; 1: the highest
    probability: float | None  #: 0 to 1, where the layer has probabilities
    activations: NDArray[np.float64] = field(repr=False)  #: [steps]
    code: NDArray[np.float32] = field(repr=False)  #: that draws the picture
    units: list[_phosphene.UnitOutcome] = field(repr=False)  #: one, or those of a sum
    number: int  #: of the job in its request
    key: str  #: 32 hex digits: a hash of everything that decides the picture's bits

    def _repr_png_(self) -> bytes:
        return png(self.image)


@dataclass(frozen=True)
class Failure:
    """A job that failed; the others went on."""

    unit: str
    label: str
    seed: int
    error: str  #: a line
    number: int


class Result(Sequence[Picture]):
    """All pictures of a request, in the order of its jobs: a sequence of Picture, and its columns as arrays."""

    def __init__(self, pictures: Sequence[Picture], errors: Sequence[Failure], recipe: dict[str, Any]) -> None:
        self.pictures = sorted(pictures, key=lambda picture: picture.number)
        self.errors = sorted(errors, key=lambda failure: failure.number)
        self.recipe = recipe  #: what was asked for, every default filled in, with hashes of models and files: replay() takes it
        #: How far each picture can be trusted, in the order of pictures. None: render() was given no real pictures (data=) to compare with.
        self.verdict: list[_phosphene.Verdict] | None = None

    @property
    def images(self) -> Any:
        """uint8 [n, h, w, 3]; a list of [h, w, 3] where sizes differ."""
        images = [picture.image for picture in self.pictures]
        return np.stack(images) if len({image.shape for image in images}) == 1 else images

    @property
    def activations(self) -> NDArray[np.float64]:
        """[n], at the end."""
        return np.array([picture.activation for picture in self.pictures], dtype=np.float64)

    @property
    def ranks(self) -> NDArray[np.int64]:
        """[n]; 1: the highest of the layer."""
        return np.array([picture.rank for picture in self.pictures], dtype=np.int64)

    @property
    def probabilities(self) -> NDArray[np.float64]:
        """[n], 0 to 1; NaN where the layer has none."""
        return np.array([np.nan if picture.probability is None else picture.probability for picture in self.pictures], dtype=np.float64)

    @property
    def codes(self) -> NDArray[np.float32]:
        """[n, code]."""
        return np.array([picture.code for picture in self.pictures], dtype=np.float32)

    @property
    def labels(self) -> list[str]:
        """[n]: "lion", or "unit 34" in a layer without labels."""
        return [picture.label for picture in self.pictures]

    @overload
    def __getitem__(self, index: int) -> Picture: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Picture]: ...
    def __getitem__(self, index: int | slice) -> Picture | Sequence[Picture]:
        return self.pictures[index]

    def __len__(self) -> int:
        return len(self.pictures)

    def __iter__(self) -> Iterator[Picture]:
        return iter(self.pictures)

    def __repr__(self) -> str:
        lines = [f"unit {short(picture.unit)}  {short(picture.label)}  seed {picture.seed}  activation {picture.activation:.4g}  rank {picture.rank}"
                 + ("" if picture.probability is None else f"  probability {100 * picture.probability:.1f} %") for picture in self.pictures]
        return "\n".join(lines + [f"unit {short(failure.unit)}  seed {failure.seed}  failed: {failure.error}" for failure in self.errors])

    def _repr_html_(self) -> str:
        """A wall of pictures."""
        captions = [f"{short(picture.label)}, seed {picture.seed}\n{_verdict(picture)}" for picture in self.pictures]
        return Wall([picture.image for picture in self.pictures], captions)._repr_html_() + "".join(
            f"<p>{html.escape(short(failure.unit))}, seed {failure.seed}: {html.escape(failure.error)}</p>" for failure in self.errors)


def _verdict(picture: Picture) -> str:
    return f"rank {picture.rank}" if picture.probability is None else f"{100 * picture.probability:.1f} %"


def of_outcome(outcome: _phosphene.Outcome) -> Picture | Failure:
    job = outcome.job
    if outcome.error:
        return Failure(job.name, job.label, job.seed, outcome.error, outcome.number)
    main = outcome.main
    activations = np.array(outcome.activations)
    return Picture(image=coloured(outcome.pixels), unit=job.name, label=job.label, seed=job.seed, activation=float(activations[-1]), rank=main.rank,
                   probability=main.probability, activations=activations, code=outcome.code, units=outcome.units, number=outcome.number, key=job.key)

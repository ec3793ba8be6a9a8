"""Wall: pictures side by side in a notebook."""

from __future__ import annotations

import base64
import html
import struct
import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


class Wall:
    """Pictures with their captions; a notebook shows it. Captions are texts of one or more lines."""

    def __init__(self, images: Sequence[NDArray[np.uint8]], captions: Sequence[str]) -> None:
        self.images, self.captions = images, captions

    def __repr__(self) -> str:
        return f"Wall of {len(self.images)} pictures"

    def _repr_html_(self) -> str:
        return "".join(
            f"<figure style='display:inline-block;margin:4px;text-align:center'><img style='min-width:96px;image-rendering:pixelated' "
            f"src='data:image/png;base64,{base64.b64encode(png(image)).decode()}'/>"
            f"<figcaption>{'<br/>'.join(html.escape(line) for line in caption.splitlines())}</figcaption></figure>"
            for image, caption in zip(self.images, self.captions))


def wall(images: Sequence[NDArray[np.uint8]] | NDArray[np.uint8], captions: Sequence[str] | None = None) -> Wall:
    """A wall of pictures uint8 [n, h, w, 1 or 3], or a list of [h, w, 1 or 3], as ph.prior() draws them; captions are numbers unless given."""
    pictures = [coloured(image) for image in images]
    return Wall(pictures, list(captions) if captions is not None else [str(number) for number in range(len(pictures))])


def coloured(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """[h, w, 3] of [h, w, 1 or 3]."""
    return pixels if pixels.shape[2] == 3 else np.repeat(pixels, 3, axis=2)


def short(text: str) -> str:
    """A direction has a term for each unit: too many to show."""
    return text if len(text) <= 80 else f"{text[:77]}..."


def png(image: NDArray[np.uint8]) -> bytes:
    """A PNG file of [h, w, 3]: RFC 2083, eight bits, no filter."""
    height, width, _ = image.shape
    rows = np.concatenate([np.zeros((height, 1), np.uint8), image.reshape(height, width * 3)], axis=1).tobytes()

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")

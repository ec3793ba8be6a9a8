"""Priors in PyTorch: pictures that a loss of your own may pull at, on a live module.

    draw = ph.torch.Prior(ph.prior("photos", net))
    codes = torch.randn(4, *draw.code_shape, requires_grad=True)
    loss = my_loss(my_module(normalise(draw(codes))))
    loss.backward()                                # codes.grad
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from ._prior import Prior as _Prior


class _Draw(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, codes: torch.Tensor, prior: _Prior) -> torch.Tensor:
        ctx.prior = prior
        ctx.save_for_backward(codes)
        return torch.from_numpy(prior.values(_array(codes))).to(codes)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor, None]:
        (codes,) = ctx.saved_tensors
        return torch.from_numpy(ctx.prior.vjp(_array(codes), _array(gradients[0]))).to(codes), None


class Prior(torch.nn.Module):
    """A module without weights: codes [n, *code_shape] give pictures [n, channels, h, w], red, green, blue from 0 to 1, not clipped.
    Gradients flow back to the codes. The library computes on the CPU; tensors come back on the device of the codes."""

    def __init__(self, prior: _Prior) -> None:
        super().__init__()
        self.prior = prior
        self.code_shape = prior.code_shape

    def forward(self, codes: torch.Tensor) -> torch.Tensor:
        pictures: torch.Tensor = _Draw.apply(codes, self.prior)
        return pictures

    def clip(self, codes: torch.Tensor) -> torch.Tensor:
        """The codes within the prior's bounds, of the same shape; a prior without bounds leaves them as they are."""
        if self.prior.lower is None or self.prior.upper is None:
            return codes
        lower, upper = (torch.from_numpy(bound).to(codes).reshape(1, *self.code_shape) for bound in (self.prior.lower, self.prior.upper))
        return torch.maximum(torch.minimum(codes.reshape(-1, *self.code_shape), upper), lower).reshape(codes.shape)


def _array(tensor: torch.Tensor) -> np.ndarray[Any, np.dtype[np.float32]]:
    return tensor.detach().to("cpu", torch.float32).contiguous().numpy()

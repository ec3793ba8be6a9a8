"""A prior for an optimisation of one's own: values and gradients."""

import numpy as np
import phosphene as ph
import pytest


@pytest.fixture(scope="module")
def prior(net):
    return ph.prior("builtin", net, threads=1)


@pytest.fixture
def codes(prior):
    return np.random.default_rng(5).normal(size=(2, *prior.code_shape)).astype(np.float32)


def test_values_are_the_pictures(prior, codes):
    values, pictures = prior.values(codes), prior(codes)
    assert values.shape == (2, 3, 64, 64) and values.dtype == np.float32
    levels = 255 * np.clip(values, 0, 1).transpose(0, 2, 3, 1)
    assert np.abs(levels - pictures).max() < 0.51  # rounded to 8 bits; another program of the same graph may round otherwise


def test_vjp_is_the_slope(prior, codes):
    generator = np.random.default_rng(6)
    gradient = generator.normal(size=(2, 3, 64, 64))
    vjp = prior.vjp(codes, gradient)
    assert vjp.shape == codes.shape
    for _ in range(3):
        step = generator.normal(size=codes.shape)
        step *= 1e-2 / np.linalg.norm(step)
        up, down = (prior.values(codes + sign * step).astype(np.float64) for sign in (1, -1))
        slope = float(((up - down) * gradient).sum()) / 2
        assert float((vjp * step).sum()) == pytest.approx(slope, rel=0.02, abs=0.02 * 1e-2 * np.linalg.norm(vjp))


def test_wrong_shapes_are_errors(prior, codes):
    with pytest.raises(ph.Error, match="are not 1 codes of"):
        prior.values([1, 2, 3])
    with pytest.raises(ph.Error, match=r"give \[2, 3, 64, 64\]"):
        prior.vjp(codes, np.zeros((2, 64, 64, 3))[:, :5])


def test_other_numbers_of_codes_come_in_between(prior, codes):
    first = prior.values(codes)
    assert prior.values(codes[:1]).shape == (1, 3, 64, 64)
    assert np.array_equal(prior.values(codes), first)
    assert prior.vjp(codes[0], np.ones((1, 3, 64, 64))).shape == codes[0].shape


def test_torch_prior_raises_a_loss_of_ones_own(prior):
    torch = pytest.importorskip("torch", reason="torch is not installed")
    draw = ph.torch.Prior(prior)
    codes = torch.zeros(2, *prior.code_shape, requires_grad=True)
    assert draw(codes).shape == (2, 3, 64, 64) and draw(codes).requires_grad

    def redness(pictures):
        return (pictures[:, 0] - pictures[:, 1:].mean(1)).mean()

    before = redness(draw(codes)).item()
    optimizer = torch.optim.Adam([codes], lr=0.1)
    for _ in range(10):
        optimizer.zero_grad()
        (-redness(draw(codes))).backward()
        optimizer.step()
    after = redness(draw(codes)).item()
    assert after > before + 0.05
    clipped = draw.clip(codes)
    assert clipped.shape == codes.shape and (clipped.detach().numpy() <= prior.upper + 1e-6).all() and (clipped.detach().numpy() >= prior.lower).all()
    numeric = prior.vjp(codes.detach().numpy(), np.ones((2, 3, 64, 64)))
    codes.grad = None
    draw(codes).sum().backward()
    np.testing.assert_allclose(codes.grad.numpy(), numeric, rtol=1e-5, atol=1e-5)

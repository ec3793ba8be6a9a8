"""Objectives: arithmetic, their texts, and that the library raises what they say."""

import numpy as np
import phosphene as ph
import pytest


def test_arithmetic_and_texts(net):
    a, b = ph.channel("fc8", 17), ph.channel("conv4/norm", 3)
    assert str(a) == "fc8:17" and str(-a) == "fc8:17*-1.0" and str(a / 4) == "fc8:17*0.25"
    assert str(a - 0.5 * b) == "fc8:17+conv4/norm:3*-0.5"
    assert str(sum([a, ph.channel(net.layers["fc8"], 3) * 2])) == "fc8:17+3*2.0"
    assert (a + b - b + b).terms == {("fc8", 17): 1.0, ("conv4/norm", 3): 1.0}
    assert a + b == b + a and hash(a + b) == hash(b + a) and a != b
    assert str(a * 1e-7) == "fc8:17*1e-07"
    for wrong in (lambda: a + 1, lambda: a * b, lambda: a - "fc8:3"):
        with pytest.raises(TypeError):
            wrong()


def test_a_sum_over_layers_is_what_its_units_read(net):
    objective = ph.channel("fc8", 34) - 0.5 * ph.channel("conv4/norm", 3)
    result = ph.render(net, [objective, "fc8:34", ph.channel("fc8", 34)], steps=3, batch=1)
    mixed, text, alone = result
    assert [(unit.layer, unit.unit, unit.weight) for unit in mixed.units] == [("fc8", 34, 1.0), ("conv4/norm", 3, -0.5)]
    assert mixed.activation == pytest.approx(sum(unit.weight * unit.activation for unit in mixed.units), rel=1e-6)
    assert not np.array_equal(mixed.image, text.image) and np.array_equal(text.image, alone.image)
    assert (ph.replay(result.recipe).images == result.images).all()


def test_a_direction_of_one_unit_is_that_unit_and_of_all_is_their_sum(net):
    units = net.layers["fc6/norm"].units
    vector = np.random.default_rng(1).normal(size=units)
    result = ph.render(net, [ph.direction("fc6/norm", np.eye(units)[7]), "fc6/norm:7", ph.direction("fc6/norm", vector)], steps=3, batch=1)
    assert np.array_equal(result[0].image, result[1].image)
    read = {unit.unit: unit.activation for unit in result[2].units}
    assert result[2].activation == pytest.approx(sum(vector[unit] * read[unit] for unit in range(units)), rel=1e-5, abs=1e-4)
    assert len(repr(result)) < 1000 and "..." in repr(result)


@pytest.mark.parametrize("vector", [np.zeros(5), np.ones((2, 2)), [1.0, np.nan]])
def test_what_is_no_direction(vector):
    with pytest.raises(ph.Error, match="layer fc6 > .* is no direction; give one finite number for each unit"):
        ph.direction("fc6", vector)


def test_errors_name_the_layer_and_the_range(net):
    with pytest.raises(ph.Error, match="no layer 'nowhere'"):
        ph.render(net, ph.channel("fc8", 3) + ph.channel("nowhere", 3))
    with pytest.raises(ph.Error, match="199"):
        ph.render(net, ph.channel("fc6", 3) + ph.channel("fc8", 200))

"""Errors say where, what, and what to do."""

import logging
import pickle

import numpy as np
import phosphene as ph
import pytest


def test_a_field_that_is_not_there(net):
    with pytest.raises(ph.Error, match="nearest are steps") as caught:
        ph.render(net, "fc8:34", stesp=3)
    assert (caught.value.where, caught.value.what) == ("request", 'there is no field "stesp"')
    assert caught.value.todo.startswith("the nearest are steps")
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.todo) == (str(caught.value), caught.value.todo)


def test_a_layer_that_is_not_there(net):
    with pytest.raises(ph.Error, match="the nearest are .*conv3"):
        net.layers["cnov3"]
    with pytest.raises(ph.Error, match="no layer 'fc9'"):
        ph.render(net, "fc9:3")


@pytest.mark.parametrize("call", [
    lambda net: ph.load("no-such-file.onnx"),
    lambda net: ph.render(net, "fc8:900"),
    lambda net: ph.render(net, "fc8:3", steps="many"),
    lambda net: ph.render(net, "fc8:3", seeds=0),
    lambda net: ph.render(net, "fc8:3", prior="no-such-prior"),
    lambda net: net.run(np.zeros((1, 8, 8, 1), np.uint8)),
    lambda net: net.run([]),
    lambda net: ph.prior("builtin", net)([1, 2, 3]),
])
def test_bad_input_is_an_error_with_a_way_out(net, call):
    with pytest.raises(ph.Error) as caught:
        call(net)
    assert caught.value.what and "\n" not in str(caught.value)


def test_a_job_that_fails_is_in_errors(small_network):
    net = ph.load(small_network('layer { name: "log" type: "Log" bottom: "fc" top: "log" log_param { scale: -1e-9 shift: -1 } }'), random_weights=1)
    result = ph.render(net, "log:all", prior="pixel", steps=2, batch=1)
    assert len(result) == 0 and len(result.errors) == 4  # the logarithm of a negative number is none
    assert "not finite" in result.errors[0].error and "failed" in repr(result)
    assert result.errors[0].unit.startswith("log:")


def test_messages_go_to_logging(small_network, caplog):
    ph.load(small_network(), random_weights=1)
    assert any(record.name == "phosphene" and record.levelno == logging.WARNING for record in caplog.records)


def test_preprocessing_that_is_assumed_is_said_so(small_network):
    file = small_network()
    net = ph.load(file, random_weights=1)
    assert not net.preprocess_known and "(assumed)" in repr(net)
    assert ph.load(file, preprocess="torchvision", random_weights=1).preprocess_known

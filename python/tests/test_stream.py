"""Streams: pictures as they come, and every way to end a run."""

import os
import signal
import threading
import time

import numpy as np
import phosphene as ph
import pytest

FOREVER = 100_000


def test_a_stream_gives_what_render_gives(net):
    request = {"steps": 4, "batch": 2, "seeds": 5}
    calls = []
    pictures = sorted(ph.stream(net, "fc8:34", progress=calls.append, **request), key=lambda picture: picture.number)
    assert np.array_equal(np.stack([picture.image for picture in pictures]), ph.render(net, "fc8:34", **request).images)
    assert calls[-1].pictures == calls[-1].jobs == 5 and calls[-1].steps == calls[-1].all_steps == 20


def test_pictures_come_before_the_end_and_close_ends(net):
    with ph.stream(net, "fc8:34", steps=5, batch=1, seeds=FOREVER) as pictures:
        first = next(pictures)
        assert first.seed == 0 and first.image.shape == (64, 64, 3)
    assert sum(1 for _ in pictures) < FOREVER - 1  # those that were done
    assert len(ph.render(net, "fc8:34", steps=1, batch=1)) == 1


def test_a_stream_that_is_forgotten_ends(net):
    for _ in ph.stream(net, "fc8:34", steps=5, batch=1, seeds=FOREVER):
        break
    assert len(ph.render(net, "fc8:34", steps=1, batch=1)) == 1  # waits for the session, which that stream had


def test_ctrl_c(net):
    timer = threading.Timer(1, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        ph.render(net, "fc8:34", steps=FOREVER, batch=1, seeds=10)
    timer.join()
    assert len(ph.render(net, "fc8:34", steps=1, batch=1)) == 1


def test_ctrl_c_while_another_thread_has_the_session(net):
    with ph.stream(net, "fc8:34", steps=5, batch=1, seeds=FOREVER) as pictures:
        next(pictures)  # now that thread has the session
        timer = threading.Timer(1, os.kill, (os.getpid(), signal.SIGINT))
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            ph.load("tin200")
        timer.join()


def test_an_error_of_the_callback_ends_the_run(net):
    def stop(progress):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        ph.render(net, "fc8:34", steps=FOREVER, batch=1, progress=stop)


def test_the_interpreter_is_free_meanwhile(net):
    counts = []

    def count():
        for number in range(1000):
            counts.append(number)
            time.sleep(0.001)

    counter = threading.Thread(target=count)
    counter.start()
    ph.render(net, "fc8:34", steps=20, batch=1)
    counter.join()
    assert len(counts) == 1000


def test_sessions_of_their_own(net):
    other = ph.Session(threads=1)
    mine = ph.load("tin200", session=other)
    results = {}
    threads = [threading.Thread(target=lambda n=n, name=name: results.update({name: ph.render(n, "fc8:34", steps=3, batch=1, threads=1)}))
               for name, n in (("a", net), ("b", mine))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert np.array_equal(results["a"].images, results["b"].images)


def test_progress_writes_to_stderr(net, capsys):
    ph.render(net, "fc8:34", steps=2, batch=1, progress=True)
    assert "1 of 1 pictures" in capsys.readouterr().err

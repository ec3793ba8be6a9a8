"""A layer of 4,096 units scrolls smoothly, its first pictures come at once, and so does the page of any of its units."""

import http.client
import json
import os
import statistics
import sys

import pytest

from conftest import HERE, Server, Watched, make_atlas, until

sys.path.insert(0, str(HERE.parent.parent / "bench"))
import pages  # noqa: E402

LONGEST_TASK = 50  # milliseconds of the processor, so that other programs on this machine do not count
FIRST_PICTURES = 1000  # milliseconds from the request of the page
PAGE = 100  # milliseconds for everything that a unit's page shows


@pytest.fixture(scope="module")
def large(folder):
    server = Server(make_atlas(folder / "large.atlas", "--name", "large", "--units", 20, "--hidden", 4096, "--seeds", 1, "--photos", 300, "--side", 64))
    yield server
    server.close()


def test_scrolls_smoothly(browser, large, folder):
    watched = Watched(browser, large.address)
    page = watched.open(f"{large.address}{large.atlases()[0]['id']}/%2Fblock1%2FRelu_output_0")
    until(page, "[...document.querySelectorAll('.wall .cell:not([hidden]) img')].some(i => i.complete && i.naturalWidth > 0)")
    first = page.evaluate("""Math.min(...performance.getEntriesByType('resource').filter(e => e.name.endsWith('.webp')).map(e => e.responseEnd))""")
    busy = max(1.0, os.getloadavg()[0] / os.cpu_count())  # others that share the processors make everything so much slower
    assert first < FIRST_PICTURES * busy
    browser.start_tracing(page=page, path=str(folder / "trace.json"), categories=["devtools.timeline", "disabled-by-default-devtools.timeline"])
    height = page.evaluate("document.documentElement.scrollHeight")
    assert height > 30_000
    page.mouse.move(700, 600)
    for _ in range(60):  # a fast wheel
        page.mouse.wheel(0, 400)
        page.wait_for_timeout(16)
    for share in (0.5, 0.9, 0.1, 1.0):  # the scrollbar, dragged
        page.evaluate(f"scrollTo(0, {share * height})")
        page.wait_for_timeout(150)
    browser.stop_tracing()
    assert page.evaluate("document.querySelectorAll('.wall .cell').length") < 300
    assert page.evaluate("Math.max(...[...document.querySelectorAll('.wall .cell:not([hidden])')].map(c => Number(c.dataset.number)))") == 4095
    watched.close()
    events = json.loads((folder / "trace.json").read_text())["traceEvents"]
    mains = {(event["pid"], event["tid"]) for event in events if event["name"] == "thread_name" and event["args"]["name"] == "CrRendererMain"}
    tasks = [event for event in events if event["name"].endswith("RunTask") and (event["pid"], event["tid"]) in mains and "tdur" in event]
    assert len(tasks) > 100, "the trace holds no tasks"
    longest = max(event["tdur"] for event in tasks) / 1000
    print(f"first picture after {first:.0f} ms, longest task {longest:.1f} ms of the processor")
    assert longest < LONGEST_TASK


def test_the_page_of_any_unit_comes_at_once(large):
    atlas, units = pages.drawn_units(large.port)
    assert len(units) > 4000
    connection = http.client.HTTPConnection("localhost", large.port)
    times = [pages.page_of(connection, atlas, *unit)[0] for unit in units[:: len(units) // 50]]
    print(f"pages of {len(times)} units: median {statistics.median(times):.1f} ms, longest {max(times):.1f} ms")
    assert statistics.median(times) < PAGE * max(1.0, os.getloadavg()[0] / os.cpu_count())

"""Drawing in the browser: `--draw` on an atlas of the embedded network, which the test builds."""

import json
import subprocess
import urllib.error
import urllib.request

import pytest

from conftest import PROGRAM, Server, Watched, until


@pytest.fixture(scope="module")
def drawing(folder):
    file = folder / "drawn.atlas"
    subprocess.run([PROGRAM, "atlas", "build", "tin200", "--layers", "fc8:0-1", "--steps", "5", "--seeds", "0", "--prior", "builtin", "-o", file], check=True, capture_output=True)
    server = Server(file, "--draw")
    yield server
    assert server.alive()
    server.close()


@pytest.fixture
def unit(browser, drawing):
    watched = Watched(browser, drawing.address)
    watched.open(f"{drawing.address}{drawing.atlases()[0]['id']}/fc8/1")
    yield watched.page
    watched.close()


def value(page, name):
    return page.locator(".live dl div", has=page.locator(f"text='{name}'")).locator("dd").inner_text()


def test_draws_while_one_watches(unit):
    unit.evaluate("document.getElementById('live-steps').value = 40; document.getElementById('live-steps').dispatchEvent(new Event('input'))")
    unit.evaluate("""(() => { globalThis.seen = new Set(); new MutationObserver(() => seen.add(document.querySelector('.live-picture').src))
        .observe(document.querySelector('.live-picture'), {attributes: true}); })()""")
    unit.click("#live-draw")
    until(unit, "document.querySelector('.live dl') !== null", patience=120)
    assert float(value(unit, "activation")) > 3  # as in the atlas, where 5 steps already excite it
    assert "seed 1 in 40 steps" in unit.inner_text(".live")
    assert unit.evaluate("document.querySelector('.live-picture').naturalWidth") == 64
    assert unit.evaluate("seen.size") >= 2  # the drawing on its way, and the finished one


def test_the_same_seed_gives_the_same_picture(unit):
    pictures = []
    for _ in range(2):
        unit.evaluate("document.getElementById('live-steps').value = 10")
        unit.evaluate("document.querySelector('.live-picture').removeAttribute('src')")
        unit.click("#live-draw")
        until(unit, "document.querySelector('.live dl') !== null && !document.getElementById('live-draw').hidden", patience=120)
        pictures.append(unit.get_attribute(".live-picture", "src"))
    assert pictures[0] == pictures[1] and pictures[0].startswith("data:image/webp;base64,")


def test_stops(unit):
    unit.evaluate("document.getElementById('live-steps').max = 1000; document.getElementById('live-steps').value = 1000")
    unit.keyboard.press("d")
    until(unit, "document.querySelector('.live-picture').src.startsWith('data:')", patience=120)
    unit.click("#live-stop")
    until(unit, "document.querySelector('.live').textContent.includes('Stopped.')")
    assert unit.locator("#live-draw").is_visible() and not unit.locator("#live-stop").is_visible()


def post(server, path, body, **headers):
    request = urllib.request.Request(server.address + path, data=body, headers={"Content-Type": "application/json", **headers}, method="POST")
    try:
        with urllib.request.urlopen(request) as reply:
            return reply.status, reply.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def test_a_wish_that_cannot_be_granted_is_refused_in_words(drawing):
    atlas = drawing.atlases()[0]
    good = {"atlas": atlas["id"], "layer": atlas["layers"][-1]["id"], "unit": 1, "seed": 0, "steps": 5, "objective": "activation"}
    for change in ({"unit": 200}, {"unit": -1}, {"unit": 1.5}, {"steps": 0}, {"steps": 10**9}, {"seed": -1}, {"layer": 0}, {"layer": 99}, {"atlas": "x"}, {"objective": "x"}, {"steps": "5"}):
        status, text = post(drawing, "-/live/draw", json.dumps({**good, **change}).encode())
        assert status == 422 and len(text) > 10, change
    for body in (b"", b"[", b"[]", b'{"atlas": 5}', b"\xff\xfe"):
        assert post(drawing, "-/live/draw", body)[0] == 422, body


def test_another_site_may_not_ask(drawing):
    for headers in ({"Origin": "http://evil.example"}, {"Origin": "null"}, {"Content-Type": "text/plain"}, {"Host": "evil.example"}):
        assert post(drawing, "-/live/draw", b"{}", **headers)[0] == 403, headers


def test_a_dropped_picture_finds_units(browser, drawing, folder):
    """The drawing of a class, given back, excites that class most."""
    atlas = drawing.atlases()[0]
    layer = atlas["layers"][-1]["id"]
    unit = json.loads(drawing.get(f"/-/data/{atlas['id']}/unit/{layer}/0.json"))
    (folder / "goldfish.webp").write_bytes(drawing.get(f"/-/data/{atlas['id']}/picture/{layer}-0-{unit['seed']}.webp"))
    watched = Watched(browser, drawing.address)
    page = watched.open(drawing.address + "search")
    page.set_input_files("#picture", folder / "goldfish.webp")
    page.wait_for_selector(".likeness .cell", timeout=60000)
    assert page.inner_text(".likeness .cell .name >> nth=0") == "goldfish"
    watched.close()


def test_a_dropped_file_that_is_no_picture_is_refused_in_words(drawing):
    for body in (b"", b"no picture", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff" + bytes(100), b"RIFF\xff\xff\xff\xffWEBPVP8 "):
        status, text = post(drawing, f"-/live/likeness/{drawing.atlases()[0]['id']}", body, **{"Content-Type": "image/png"})
        assert status == 422 and text.startswith(b"the picture"), (body, text)

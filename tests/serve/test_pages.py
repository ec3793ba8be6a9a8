"""Every page of a server in Chromium: what it shows, its links, sorting, filters, search, keyboard, phone width."""

import json

import pytest

from conftest import until

HIDDEN = "%2Fblock1%2FRelu_output_0"


@pytest.fixture(scope="session")
def ids(server):
    return [atlas["id"] for atlas in server.atlases()]


def names(page):
    """Names of the wall's cells in the window, in reading order."""
    return page.evaluate("""[...document.querySelectorAll('.wall .cell:not([hidden])')].map(c => [c.getBoundingClientRect().top, c.getBoundingClientRect().left, c.querySelector('.name').textContent])
        .filter(c => c[1] >= 0).sort((a, b) => a[0] - b[0] || a[1] - b[1]).map(c => c[2])""")


def loaded(page, selector):
    """Waits until the pictures there have pixels."""
    until(page, f"""[...document.querySelectorAll({json.dumps(selector)})].length > 0 &&
        [...document.querySelectorAll({json.dumps(selector)})].every(i => i.complete && i.naturalWidth > 0)""")


def pages_of(server, ids):
    return ["", ids[0], f"{ids[0]}/{HIDDEN}", f"{ids[0]}/scores", f"{ids[0]}/scores?view=map", f"{ids[0]}/scores/17", f"{ids[0]}/{HIDDEN}/3", f"class/{ids[0]}/3", "search",
            "search?q=lion", f"compare?a={ids[0]}/scores/1&b={ids[1]}/scores/1", f"compare?a={ids[0]}&b={ids[1]}", f"compare?a={ids[0]}/scores&b={ids[1]}/scores",
            f"compare?a={ids[0]}/scores/1"]


def test_every_link_leads_somewhere(watched, server, ids):
    seen, waiting = set(), [server.address + page for page in pages_of(server, ids)]
    for address in waiting:
        page = watched.open(address)
        assert page.title() != "Not found · phosphene", address
        seen |= {link for link in page.evaluate("[...document.querySelectorAll('a[href]')].map(a => a.href)") if "/-/" not in link}
    assert len(seen) > 150
    # A page of each sort was opened; of the others it is enough that what they show is there.
    files = page.evaluate("""async links => {
        const {atlases} = await (await fetch('/-/data/atlases.json')).json();
        const missing = [];
        for (const link of links) {
            const reply = await fetch(link, {method: 'HEAD'});
            if (!reply.ok) missing.push(link);
            const parts = new URL(link).pathname.split('/').slice(1).map(decodeURIComponent);
            const atlas = atlases.find(a => a.id === parts[0]);
            if (!atlas || parts.length < 3) continue;
            const layer = atlas.layers.find(l => l.name === parts[1]);
            if (!layer || !(await fetch(`/-/data/${atlas.id}/unit/${layer.id}/${parts[2]}.json`)).ok) missing.push(link);
        }
        return missing;
    }""", sorted(seen))
    assert files == []


def test_unit_shows_everything_of_the_atlas(watched, server, ids):
    page = watched.open(f"{server.address}{ids[0]}/scores/5")
    loaded(page, ".hero img")
    data = json.loads(server.get(f"/-/data/{ids[0]}/unit/2/5.json"))
    text = page.inner_text("main")
    assert page.inner_text("h1") == "Monarch 1"
    for picture in data["pictures"]:
        if picture["seed"] == data["seed"]:
            assert picture["verdict"].capitalize() in text
            assert f"{picture['activation']:.1f}" in text
            assert all(reason in text for reason in picture["reasons"])
            assert f"rank {picture['judge_rank']}, " in text
    assert page.locator(".photos.top .photo").count() == 9 and page.locator(".photos.tenths .photo").count() == 10
    assert page.locator(".chart").count() == 2
    first, second = page.get_attribute(".hero img", "src"), None
    page.click(".seed[aria-pressed=false]")
    loaded(page, ".hero img")
    second = page.get_attribute(".hero img", "src")
    assert first != second and first.split("-")[:-1] == second.split("-")[:-1]


def test_receptive_field_is_drawn_where_the_atlas_says(watched, server, ids):
    page = watched.open(f"{server.address}{ids[0]}/scores/5")
    frame = page.evaluate("""(() => { const seen = document.querySelector('.photo .seen').getBoundingClientRect(), all = document.querySelector('.photo .frame').getBoundingClientRect();
        return [(seen.top - all.top) / all.height, (seen.left - all.left) / all.width, seen.height / all.height, seen.width / all.width]; })()""")
    assert frame == pytest.approx([16 / 96, 24 / 96, 48 / 96, 48 / 96], abs=0.02)


def test_explanations_open_by_mouse_and_by_keyboard(watched, server, ids):
    page = watched.open(f"{server.address}{ids[0]}/scores/5")
    page.hover("dt .explained >> text=margin")
    assert "standard deviations" in page.inner_text("#tip")
    page.mouse.move(0, 500)
    page.focus("dt .explained >> text=path")
    assert "layers on the way" in page.inner_text("#tip")
    assert page.get_attribute("dt .explained >> text=path", "aria-describedby") == "tip"


def test_wall_sorts_filters_and_keeps_it_in_the_address(watched, server, ids):
    page = watched.open(f"{server.address}{ids[0]}/scores")
    loaded(page, ".wall .cell:not([hidden]) img:not([hidden])")
    columns = json.loads(server.get(f"/-/data/{ids[0]}/layer/2.json"))["columns"]
    label = lambda row: columns["label"][row].split(",")[0]
    rows = range(len(columns["unit"]))
    for order, key in {"margin": lambda row: -columns["margin"][row], "label": label, "sparsity": lambda row: columns["active"][row],
                       "activation": lambda row: -columns["activation"][row]}.items():
        page.select_option("#sort", order)
        expected = [label(row) for row in sorted(rows, key=key)]
        assert names(page)[:20] == expected[:20], order
    page.click("text=↓")
    assert names(page)[:5] == [label(row) for row in sorted(rows, key=lambda row: columns["activation"][row])][:5]
    page.fill("#filter", "species 1")
    until(page, "document.querySelector('.tools [role=status]').textContent.includes(' of ')")
    fits = [row for row in rows if "species 1" in columns["label"][row].lower() or "species 1" in (columns["class"][row] or "").lower()]
    assert sorted(names(page)) == sorted(label(row) for row in fits) and 5 < len(fits) < len(rows)
    shown = names(page)
    page.reload()
    page.wait_for_selector(".wall .cell")
    assert "filter=species" in page.url and names(page) == shown
    page.select_option("#verdict", "sound")
    assert sorted(names(page)) == sorted(label(row) for row in fits if columns["verdict"][row] == "sound")
    page.fill("#filter", "no unit is called so")
    page.wait_for_selector("text=No unit of this layer fits")


def arrived(page, end, title):
    """Waits for the page of that address: the address changes before the page does."""
    page.wait_for_url(f"**/{end}")
    page.wait_for_selector(f"h1:text-is('{title}')")


def test_keyboard_goes_everywhere(watched, server, ids):
    page = watched.open(f"{server.address}{ids[0]}/scores/5")
    page.keyboard.press("ArrowRight")
    arrived(page, "scores/6", "Orchid 1")
    page.keyboard.press("ArrowLeft")
    arrived(page, "scores/5", "Monarch 1")
    page.keyboard.press("u")
    page.wait_for_url(f"**/{ids[0]}/scores")
    page.wait_for_selector(".wall .cell")
    page.keyboard.press("f")
    assert page.evaluate("document.activeElement.id") == "filter"
    page.keyboard.press("Tab")
    page.focus(".wall .cell[tabindex='0']")
    for key in ("ArrowRight", "ArrowDown", "ArrowRight"):
        page.keyboard.press(key)
    columns = page.evaluate("Math.round(document.querySelector('.wall').clientWidth / (document.querySelector('.wall .cell').clientWidth + 10))")
    assert page.evaluate("Number(document.activeElement.dataset.number)") == columns + 2
    page.keyboard.press("End")
    assert page.evaluate("Number(document.activeElement.dataset.number)") == 59
    page.keyboard.press("Enter")
    arrived(page, "scores/59", "Lighthouse 4")
    page.keyboard.press("?")
    assert page.locator("dialog[open] dt").count() >= 6
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    page.keyboard.type("lion 1")
    page.keyboard.press("Enter")
    arrived(page, "search?q=lion*", "Units for “lion 1”")
    assert page.inner_text(".cell .name >> nth=0") == "lion 1"


def test_back_returns_to_the_place_on_the_wall(watched, server, ids):
    page = watched.open(f"{server.address}{ids[0]}/scores")
    page.wait_for_selector(".wall .cell")
    page.evaluate("scrollTo(0, 300)")
    page.click(".wall .cell[data-number='40']")
    arrived(page, "scores/40", "Anchor 3")
    assert page.evaluate("scrollY") == 0
    page.go_back()
    page.wait_for_selector(".wall .cell")
    until(page, "scrollY > 200")


def test_units_of_two_networks_are_matched_by_what_they_answer_to(watched, server, ids):
    page = watched.open(f"{server.address}compare?a={ids[0]}&b={ids[1]}")
    until(page, "[...document.querySelectorAll('.matches td .note')].every(n => n.textContent.includes('match'))")
    assert page.inner_text(".matches tr:has-text('scores') .note") == "57 match, 3 vanished, 3 appeared"
    page.click(".matches a:text-is('scores')")
    page.wait_for_selector(".pair")
    numbers = "[...document.querySelectorAll('.pair')].map(p => [...p.querySelectorAll('.cell')].map(c => Number(c.href.split('/').pop())))"
    pairs = page.evaluate(numbers)
    assert len(pairs) == 57 and all(b == (a + 1) % 60 for a, b in pairs)
    page.click("label:has-text('Appeared 3')")
    until(page, "document.querySelectorAll('.pair').length === 3")
    assert sorted(b for _, b in page.evaluate(numbers)) == [57, 58, 59]
    page.click("label:has-text('Vanished 3')")
    until(page, "document.querySelector('.pair').classList.contains('no-right')")
    assert sorted(a for a, _ in page.evaluate(numbers)) == [56, 57, 58]
    page.click(".pair .note a >> nth=0")
    page.wait_for_selector(".columns")


def test_search_by_name_class_and_number(watched, server, ids):
    page = watched.open(f"{server.address}search?q=umbrella")
    assert page.locator("main h2").all_inner_texts()[:2] == ["testnet", "othernet"]
    assert page.inner_text(".cell .name >> nth=0").startswith("umbrella")
    assert page.locator(".chip").count() > 0
    page.click(".chip >> nth=0")
    arrived(page, "class/**", "Umbrella 1")
    watched.open(f"{server.address}search?q=xyzzy")
    assert "No unit has this in its name" in page.inner_text("main")


def test_an_address_may_be_shortened_and_unescaped(watched, server, ids):
    page = watched.open(f"{server.address}{ids[0][:8]}//block1/Relu_output_0/3")
    assert page.inner_text("h1") == "Unit 3"
    page.goto(f"{server.address}ffffffffffff/scores/3")
    page.wait_for_selector("text=Nothing to see here")
    watched.faults = [fault for fault in watched.faults if "404" not in fault]  # the browser's own note of the page's status


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_contrast(watched, server, ids, scheme):
    """Every text has the contrast that WCAG 2 AA asks for: 4.5 to 1."""
    watched.page.emulate_media(color_scheme=scheme)
    for address in (f"{ids[0]}/scores/5", ids[0], f"{ids[0]}/scores"):
        page = watched.open(server.address + address)
        page.wait_for_timeout(300)
        low = page.evaluate("""(() => {
            const light = c => { const v = c.map(x => x / 255).map(x => x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4); return 0.2126 * v[0] + 0.7152 * v[1] + 0.0722 * v[2]; };
            const parse = t => (t.match(/[\\d.]+/g) || []).map((x, i) => t.startsWith('color(') && i < 3 ? 255 * x : Number(x));  // also color(srgb 0.1 0.2 0.3 / 0.9)
            const ground = n => { for (; n; n = n.parentElement) { const c = parse(getComputedStyle(n).backgroundColor); if (c.length === 3 || c[3] > 0.9) return c.slice(0, 3); } return [255, 255, 255]; };
            const bad = [];
            for (const n of document.querySelectorAll('main *:not(title), header *')) {
                if (![...n.childNodes].some(c => c.nodeType === 3 && c.textContent.trim())) continue;
                const style = getComputedStyle(n), a = light(parse(n.closest('svg') ? style.fill : style.color)), b = light(ground(n));
                const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
                if (ratio < 4.5 && n.offsetParent !== null) bad.push(`${n.tagName}.${n.className} ${ratio.toFixed(2)} ${n.textContent.slice(0, 20)}`);
            }
            return bad;
        })()""")
        assert low == [], address


def test_everything_has_a_name(watched, server, ids):
    for address in pages_of(server, ids):
        page = watched.open(server.address + address)
        nameless = page.evaluate("""[...document.querySelectorAll('a, button, input, select')].filter(n =>
            !(n.getAttribute('aria-label') || n.textContent.trim() || n.title || n.labels?.length || [...n.querySelectorAll('img')].some(i => i.alt))).map(n => n.outerHTML.slice(0, 120))""")
        assert nameless == [], address
        assert page.evaluate("[...document.images].every(i => i.hasAttribute('alt'))"), address
        assert page.locator("h1").count() == 1, address


def test_phone(phone, server, ids):
    """At 400 pixels nothing is wider than the window, and what is touched is large enough."""
    for address in pages_of(server, ids):
        page = phone.open(server.address + address)
        page.wait_for_timeout(200)
        assert page.evaluate("document.documentElement.scrollWidth") <= 400, address
        small = page.evaluate("[...document.querySelectorAll('button, .button, select')].filter(n => n.offsetParent && n.getBoundingClientRect().height < 30).map(n => n.outerHTML.slice(0, 80))")
        assert small == [], address

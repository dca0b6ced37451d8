"""The pages' files under addresses that change with them, and what a page's head asks for at once."""

import re

import pytest
from tests.unit.console.scene import PASSWORD, Scene

from steadyline.console.static_files import address

PAGES = {
    "/": ("line.js", None),
    "/calls": ("calls.js", "/api/calls"),
    "/calls/some-call": ("call.js", "/api/calls/some-call"),
    "/health": ("health.js", "/api/health"),
    "/settings": ("settings.js", "/api/settings"),
}


@pytest.mark.parametrize("path", PAGES)
def test_a_page_asks_at_once_for_all_that_its_scripts_import(scene: Scene, path: str) -> None:
    browser = scene.browser()
    text = browser.get(path).text
    asked = set(re.findall(r'"(/static/[^"]+\.js)"', text))
    assert address(PAGES[path][0]) in asked and address("main.js") in asked
    for one in asked:
        imported = re.findall(r'from "\./([\w.]+)"', browser.get(one).text)
        assert {address(name) for name in imported} <= asked, one


@pytest.mark.parametrize("path", PAGES)
def test_the_script_of_a_page_is_the_one_that_its_address_means(scene: Scene, path: str) -> None:
    main = scene.browser().get(address("main.js")).text
    patterns = re.findall(r'\[/(\S+)/, "\w+", \(\) => import\("\./([\w.]+)"\)\]', main)
    assert [script for pattern, script in patterns if re.search(pattern.replace(r"\/", "/"), path)] == [PAGES[path][0]]


@pytest.mark.parametrize("path", PAGES)
def test_what_a_page_shows_first_is_asked_for_with_it(scene: Scene, path: str) -> None:
    found = re.findall(r'<link rel="preload" as="fetch" crossorigin href="([^"]+)">', scene.browser().get(path).text)
    assert found == [one for one in PAGES[path][1:] if one]


def test_nothing_of_an_address_gets_into_the_page(scene: Scene) -> None:
    text = scene.browser().get('/calls/"><script>alert(1)<').text
    assert "alert(1)" not in text and 'as="fetch"' not in text


def test_files_are_kept_for_good_and_under_no_other_version(scene: Scene) -> None:
    browser = scene.browser()
    found = browser.get(address("console.css"))
    assert (found.status_code, found.headers["content-type"]) == (200, "text/css; charset=utf-8")
    assert "immutable" in found.headers["cache-control"]
    assert browser.get("/static/another/console.css").status_code == 404
    assert browser.get("/").headers["cache-control"] == "no-store"


def test_the_way_out_is_there_where_there_was_a_way_in(scene: Scene) -> None:
    button = r'<button id="log-out"[^>]* hidden>'
    assert re.search(button, scene.browser().get("/").text)
    guarded = scene.browser(password=PASSWORD)
    session = guarded.post("/api/login", json={"password": PASSWORD}, headers={"origin": str(guarded.base_url)})
    guarded.cookies = session.cookies
    page = guarded.get("/").text
    assert 'id="log-out"' in page and not re.search(button, page)

"""Opens a page that nbconvert made of a notebook with widgets, in headless Chromium,
and prints as JSON what of them it shows.

    python saved.py page.html folder picture.png

No network is needed: in the folder are the npm packages that the page loads,
@jupyter-widgets/html-manager and requirejs, as "npm install" lays them."""

import json
import os
import sys
import time

from browser import FLAGS
from playwright.sync_api import sync_playwright

SHOWN = """() => ({
  sliders: document.querySelectorAll('.noUi-handle').length,
  readouts: [...document.querySelectorAll('.widget-readout')].map(e => e.textContent),
  inputs: [...document.querySelectorAll('.jupyter-widgets input[type=text], .jupyter-widgets input[type=number]')].map(e => e.value),
  chosen: [...document.querySelectorAll('.jupyter-widgets option:checked, .jupyter-widgets button.mod-active')].map(e => e.textContent.trim()),
  ticked: [...document.querySelectorAll('.jupyter-widgets input[type=checkbox]')].map(e => e.checked),
  buttons: [...document.querySelectorAll('.jupyter-button')].map(e => e.textContent),
  tabs: [...document.querySelectorAll('.lm-TabBar-tabLabel, .p-TabBar-tabLabel')].map(e => e.textContent),
  folds: document.querySelectorAll('.jupyter-widgets.widget-accordion, .jupyter-widgets.jupyter-widget-accordion').length,
  bars: [...document.querySelectorAll('.progress-bar')].map(e => e.style.width),
  images: [...document.querySelectorAll('img.widget-image')].map(e => e.naturalWidth),
  figures: document.querySelectorAll('.widget-html-content svg').length,
  text: [...document.querySelectorAll('.jupyter-widgets')].map(e => e.innerText).join('\\n'),
})"""


def main(path, packages, picture):
    files = {
        "require.min.js": os.path.join(packages, "requirejs/require.js"),
        "embed-amd.js": os.path.join(packages, "@jupyter-widgets/html-manager/dist/embed-amd.js"),
    }
    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path=os.environ["INNKEEPER_CHROMIUM"], args=FLAGS)
        page = browser.new_page(viewport={"width": 1100, "height": 900})
        complaints = []
        page.on("pageerror", lambda e: complaints.append(str(e)))
        page.on("console", lambda m: complaints.append(m.text) if m.type == "error" and "ERR_" not in m.text else None)

        def serve(route):
            name = route.request.url.split("/")[-1].split("?")[0]
            if route.request.url.startswith("file:"):
                route.continue_()
            elif name in files:
                route.fulfill(path=files[name], content_type="text/javascript")
            else:
                route.abort()

        page.route("**/*", serve)
        page.goto("file://" + os.path.abspath(path))
        page.wait_for_selector(".jupyter-widgets", timeout=120_000)
        seen, before = page.evaluate(SHOWN), None
        while seen != before:  # the widgets come one after the other
            time.sleep(3)
            before, seen = seen, page.evaluate(SHOWN)
        page.screenshot(path=picture, full_page=True)
        browser.close()
    print(json.dumps({**seen, "complaints": complaints}))


if __name__ == "__main__":
    main(*sys.argv[1:4])

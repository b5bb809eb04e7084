"""Moves sliders in JupyterLab in headless Chromium, as a person would, and looks
at what the page shows. Arguments as browser.py's; the notebook is widgets.ipynb
that widgets_test.go writes. Prints what it saw as JSON."""

import json
import os
import sys
import tempfile
import time

from browser import FLAGS, run_all, wait_until
from playwright.sync_api import sync_playwright


def text(page, selector):
    found = page.locator(selector)
    return found.first.text_content() if found.count() else ""


def drag(page, slider, pixels):
    """Drags the handle of the n-th slider in many small steps."""
    box = page.locator(".noUi-handle").nth(slider).bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    for i in range(1, 41):
        page.mouse.move(x + pixels * i / 40, y)
    page.mouse.up()


def main(address, path, shots, seconds):
    seen = {}
    with sync_playwright() as p, tempfile.TemporaryDirectory() as profile:
        browser = p.chromium.launch_persistent_context(
            profile, executable_path=os.environ["INNKEEPER_CHROMIUM"], args=FLAGS, viewport={"width": 1280, "height": 1300})
        page = browser.pages[0]
        page.set_default_timeout(60_000)
        complaints = []
        page.on("pageerror", lambda e: complaints.append(str(e)))
        page.on("console", lambda m: complaints.append(m.text) if m.type == "error" and "Class" in m.text else None)
        try:
            run_all(page, address, path, shots, seconds)
            wait_until(60, lambda: text(page, "#product") == "1.50", "the function's result is not on the page")

            drag(page, 0, 400)  # beyond the end
            wait_until(60, lambda: text(page, "#product") == "3.00", "the result did not follow the slider")

            wait_until(60, lambda: page.locator(".jp-OutputArea svg").count() > 0, "the explorer shows no figure")
            tables = page.locator(".jp-OutputArea table")
            first = tables.first.text_content()
            seen["truth at first"] = "truth" in first
            drag(page, 2, 60)
            wait_until(60, lambda: tables.first.text_content() != first, "the posterior did not follow the slider")
            seen["truth of an own measurement"] = "truth" in tables.first.text_content()
            page.get_by_role("button", name="next test pair").click()
            wait_until(60, lambda: "truth" in tables.first.text_content(), "the next pair's truth is not shown")
            page.get_by_role("button", name="keep in the table").click()
            wait_until(60, lambda: "test pair 1" in (tables.last.text_content() or ""), "nothing was kept in the table")
            page.screenshot(path=f"{shots}/widgets.png")

            # A page that is loaded again has everything at once.
            page.keyboard.press("Control+s")
            time.sleep(2)
            start = time.monotonic()
            page.goto(address)
            wait_until(60, lambda: text(page, "#product") == "3.00" and page.locator(".noUi-handle").count() > 3,
                       "the reloaded page has no widgets")
            seen["seconds to reload"] = round(time.monotonic() - start, 1)
            drag(page, 0, -400)
            wait_until(60, lambda: text(page, "#product") == "0.00", "after the reload the slider does nothing")
            page.screenshot(path=f"{shots}/widgets-reloaded.png")
        except BaseException:
            page.screenshot(path=f"{shots}/failed.png")
            raise
        browser.close()
    seen["page_errors"] = complaints
    print(json.dumps(seen))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], float(sys.argv[4]))

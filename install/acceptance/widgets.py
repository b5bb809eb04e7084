"""Moves widgets in headless Chromium as a person would, in JupyterLab and in
Notebook 7, and looks at what the page shows.

    python widgets.py address front screenshots

The address is that of the server's JupyterLab, front is lab or notebook, and the
notebooks are widgets.ipynb and second.ipynb, which widgets_test.go writes. Prints
what it saw as JSON."""

import json
import os
import re
import sys
import time
from urllib.parse import parse_qs, urlsplit

from browser import FLAGS, Server, wait_until
from playwright.sync_api import sync_playwright

PATHS = {"lab": "lab/tree/", "notebook": "notebooks/"}


class Outputs:
    """What the cells of a front end show, on a page. Those who know the front end
    say what output(n) is, the place of cell n's outputs, and wait_idle, which
    waits until no cell runs."""

    def text(self, n, selector):
        found = self.output(n).locator(selector)
        return (found.first.text_content() or "") if found.count() else ""

    def expect(self, n, selector, text, complaint):
        wait_until(60, lambda: text in self.text(n, selector), f"{complaint}: {self.text(n, selector)!r} is not {text!r}")

    def drag(self, n, slider, pixels):
        """Drags the handle of a slider in many small steps."""
        handle = self.output(n).locator(".noUi-handle").nth(slider)
        handle.scroll_into_view_if_needed()
        box = handle.bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        for i in range(1, 41):
            self.page.mouse.move(x + pixels * i / 40, y)
        self.page.mouse.up()

    def shot(self, n, path):
        self.output(n).screenshot(path=path)


class Notebook(Outputs):
    """A notebook on a page of its own."""

    def __init__(self, browser, address, front, name):
        url = urlsplit(address)
        self.address = f"http://{url.netloc}/{PATHS[front]}{name}?token={parse_qs(url.query)['token'][0]}"
        if front == "lab":
            self.address += "&reset"  # of the layout: one notebook a page
        self.page = browser.new_page(viewport={"width": 1280, "height": 1400})
        self.page.set_default_timeout(60_000)
        self.name, self.server = name, Server(self.page, address)
        self.complaints = []
        self.page.on("pageerror", lambda e: self.complaints.append(str(e)))
        self.page.on("console", lambda m: self.complaints.append(m.text) if m.type == "error" else None)
        self.open()

    def open(self):
        self.page.goto(self.address)
        self.page.wait_for_selector(".jp-NotebookPanel .jp-Cell")
        wait_until(60, lambda: self.kernel() == "idle", "the kernel is not idle")
        news = self.page.get_by_role("button", name="No", exact=True)  # JupyterLab offers its news, over the page
        if news.count():
            news.first.click()

    def kernel(self):
        sessions = self.server.get("/api/sessions")
        return next((s["kernel"]["execution_state"] for s in sessions if s["path"] == self.name), None)

    def menu(self, menu, item):
        self.page.locator(".lm-MenuBar-item", has_text=re.compile(f"^{menu}$")).click()
        self.page.locator(".lm-Menu-itemLabel", has_text=re.compile(f"^{item}$")).click()

    def run_all(self):
        self.menu("Run", "Run All Cells")

    def cell(self, n):
        cell = self.page.locator(".jp-CodeCell").nth(n)
        cell.scroll_into_view_if_needed()
        return cell

    def output(self, n):
        return self.cell(n).locator(".jp-OutputArea").first

    def wait_idle(self):
        running = self.page.locator(".jp-InputPrompt", has_text="[*]")
        wait_until(60, lambda: not running.count(), "the training did not stop")

    def save(self):
        self.page.locator(".jp-Notebook").first.click(position={"x": 5, "y": 5})
        self.page.keyboard.press("Escape")
        self.page.keyboard.press("Control+s")
        time.sleep(3)


def interact(nb):
    nb.drag(0, 0, 400)  # beyond the end
    nb.expect(0, ".product", "3.00", "the result after a drag")


def explore(nb, seen):
    def table():
        return nb.text(1, "table")

    def figure():
        found = nb.output(1).locator(".widget-html-content svg")
        return found.first.inner_html() if found.count() else ""

    wait_until(60, lambda: figure() and "MAP" in table(), "the explorer shows no figure")
    seen["truth at first"] = "truth" in table()
    first, before = figure(), table()
    nb.drag(1, 0, 60)
    wait_until(60, lambda: figure() != first and table() != before, "the posterior did not follow the slider")
    seen["truth of an own measurement"] = "truth" in table()
    nb.output(1).get_by_role("button", name="next test pair").click()
    wait_until(60, lambda: "truth" in table(), "the next pair's truth is not shown")
    nb.output(1).get_by_role("button", name="add this observation to the table").click()
    wait_until(60, lambda: "test pair 1, INN" in (nb.output(1).locator("table").last.text_content() or ""), "nothing was added to the table")
    before = table()
    nb.output(1).get_by_role("button", name="simulate another").click()
    wait_until(60, lambda: table() != before, "nothing was simulated")
    before = table()
    nb.output(1).get_by_role("button", name="ABC", exact=True).click()
    wait_until(60, lambda: table() != before, "the method did not change")
    nb.output(1).get_by_role("button", name="add this observation to the table").click()
    wait_until(60, lambda: "simulation 1, ABC" in (nb.output(1).locator("table").last.text_content() or ""), "the other method is not in the table")


def controls(nb):
    """Every control, by mouse and keyboard; the cell's function writes all values
    into a label with the class echo."""
    out = nb.output(2)

    def echo(part):
        wait_until(60, lambda: part in nb.text(2, ".echo"), f"{part!r} is not in {nb.text(2, '.echo')!r}")

    nb.drag(2, 0, 300)
    echo("float: 1;")
    nb.drag(2, 1, 300)
    echo("log: 1000;")
    nb.drag(2, 2, -300)
    echo("int: 0;")
    nb.drag(2, 4, 300)
    echo("floats: 0.2 to 1;")
    nb.drag(2, 5, -300)
    echo("ints: 0 to 7;")
    for label, typed in [("number", "2.5"), ("words", "typed")]:
        field = out.get_by_label(label, exact=True)
        field.fill(typed)
        field.press("Enter")
        echo(f"{label}: {typed};")
    out.locator("select").first.select_option("two")
    echo("drop: two;")
    out.get_by_role("button", name="three", exact=True).click()
    echo("toggle: three;")
    out.locator("select[multiple]").select_option(["one", "three"])
    echo("several: one, three;")
    out.locator("input[type=checkbox]").click()
    echo("box: true;")
    nb.drag(2, 7, 300)  # two that are linked by the kernel, then two by the page
    wait_until(60, lambda: out.locator(".widget-readout").nth(6).text_content() == "1", "the linked slider did not follow")
    nb.drag(2, 9, 300)
    wait_until(60, lambda: out.locator(".widget-readout").nth(8).text_content() == "10", "the slider linked in the page did not follow")


def failures(nb):
    for button, words in [("panic", "assignment to entry in nil map"), ("error", "the disk is full")]:
        nb.output(3).get_by_role("button", name=button, exact=True).click()
        nb.expect(3, "pre.failure", words, "what a function failed with")
    nb.output(3).get_by_role("button", name="fine", exact=True).click()
    nb.expect(3, ".fine", "1", "after the failures the next function")


def watch(nb, shots):
    """A training is stopped while its cell runs; sliders work meanwhile."""
    nb.output(4).get_by_role("button", name="Stop").wait_for()
    nb.expect(0, ".product", "1.50", "the function's result")
    nb.expect(4, ".widget-hbox", "left", "the rate and the time left")
    wait_until(60, lambda: nb.output(4).locator("img, svg").count(), "no curves")
    nb.drag(0, 0, -400)
    nb.expect(0, ".product", "0.00", "while a cell runs, the slider")
    nb.shot(4, f"{shots}-watch.png")
    nb.output(4).get_by_role("button", name="Stop").click()
    nb.wait_idle()
    nb.expect(5, "pre", "stopped early: true", "the cell after the training")


def main(address, front, shots):
    seen = {}
    shots = os.path.join(shots, f"widgets-{front}")
    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path=os.environ["INNKEEPER_CHROMIUM"], args=FLAGS)
        nb = Notebook(browser, address, front, "widgets.ipynb")
        try:
            nb.run_all()
            watch(nb, shots)
            interact(nb)
            explore(nb, seen)
            controls(nb)
            failures(nb)
            for n, name in enumerate(["interact", "explore", "controls", "failures"]):
                nb.shot(n, f"{shots}-{name}.png")

            # A page that is loaded again has everything at once.
            nb.save()
            start = time.monotonic()
            nb.open()
            seen["seconds to reload"] = round(time.monotonic() - start, 1)
            start = time.monotonic()
            nb.expect(0, ".product", "3.00", "on the page loaded again the result")
            wait_until(60, lambda: nb.output(1).locator(".noUi-handle").count(), "the page loaded again has no sliders")
            seen["seconds until the widgets are there"] = round(time.monotonic() - start, 1)
            nb.drag(0, 0, -400)
            nb.expect(0, ".product", "0.00", "after the reload, the result")
            nb.shot(1, f"{shots}-reloaded.png")

            # Two pages of a notebook show the same, whichever of them is moved.
            other = Notebook(browser, address, front, "widgets.ipynb")
            other.expect(0, ".product", "0.00", "on another page the result")
            for page, beside, pixels, value, product in [(nb, other, 400, "1", "3.00"), (other, nb, -400, "0", "0.00"), (nb, other, 400, "1", "3.00")]:
                page.page.bring_to_front()
                page.drag(0, 0, pixels)
                for p in [page, beside]:
                    p.expect(0, ".product", product, "with two pages the result")
                    p.expect(0, ".widget-readout", value, "with two pages the slider")
            other.page.close()
            nb.page.bring_to_front()

            # A kernel that starts again has no widgets until the cells run again.
            nb.menu("Kernel", "Restart Kernel…")
            nb.page.locator(".jp-Dialog button", has_text="Restart").click()
            time.sleep(3)
            nb.run_all()
            watch(nb, shots)
            interact(nb)

            # Two notebooks at once do not hear each other.
            second = Notebook(browser, address, front, "second.ipynb")
            second.run_all()
            second.expect(0, ".product", "1.50", "in the second notebook the result")
            second.drag(0, 0, -400)
            second.expect(0, ".product", "0.00", "in the second notebook the result after a drag")
            nb.expect(0, ".product", "3.00", "in the first notebook the result")
            nb.page.bring_to_front()
            nb.drag(0, 1, 400)
            nb.expect(0, ".product", "10.00", "in the first notebook the result after a drag")
            second.expect(0, ".product", "0.00", "in the second notebook the result after a drag in the first")
        except BaseException:
            nb.page.screenshot(path=f"{shots}-failed.png")
            raise
        seen["complaints"] = nb.complaints
        browser.close()
    print(json.dumps(seen))


if __name__ == "__main__":
    main(*sys.argv[1:4])

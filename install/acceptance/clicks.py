"""Clicks through a notebook in JupyterLab or Notebook 7 as a person would: Run,
Tab, Shift-Tab, Interrupt, Restart, and in JupyterLab a subshell's console beside a
running cell. Reads what the page shows after each.

Arguments: the notebook's address, a name for the screenshots, and their folder.
Chromium is $INNKEEPER_CHROMIUM.
"""

import os
import re
import sys
import tempfile

from playwright.sync_api import sync_playwright

from browser import FLAGS, Server, wait_until

def main(address, name, shots):
    os.makedirs(shots, exist_ok=True)
    with sync_playwright() as p, tempfile.TemporaryDirectory() as profile:
        browser = p.chromium.launch_persistent_context(
            profile, executable_path=os.environ["INNKEEPER_CHROMIUM"], args=FLAGS, viewport={"width": 1280, "height": 900}
        )
        page = browser.pages[0]
        page.set_default_timeout(60_000)
        try:
            click_through(page, address, name, shots)
        except BaseException:
            page.screenshot(path=f"{shots}/{name}-failed.png")
            raise
        browser.close()
    print("done")


def click_through(page, address, name, shots):
    page.goto(address)
    page.wait_for_selector(".jp-NotebookPanel .jp-Cell")
    server = Server(page, address)
    wait_until(60, lambda: server.kernel() == "idle", "the kernel did not become idle")
    page.wait_for_timeout(2000)
    news = page.get_by_role("button", name="No", exact=True)
    if news.count():
        news.first.click()

    def cell(n):
        return page.locator(".jp-CodeCell").nth(n)

    def output(n):
        return cell(n).locator(".jp-OutputArea-output")

    def button(label):
        page.get_by_role("button", name=re.compile(label)).first.click()

    def menu(top, item):
        page.locator(".lm-MenuBar-item", has_text=re.compile(f"^{top}$")).click()
        page.locator(".lm-Menu-itemLabel", has_text=re.compile(item)).first.click()

    # Run, from the toolbar.
    cell(0).locator(".cm-content").click()
    button("Run this cell|Run the selected cells")
    output(0).get_by_text("pressed 42").wait_for()
    page.screenshot(path=f"{shots}/{name}-run.png")

    # Interrupt, while the second cell loops.
    cell(1).locator(".cm-content").click()
    button("Run this cell|Run the selected cells")
    cell(1).locator(".jp-InputPrompt", has_text="[*]").wait_for()
    page.wait_for_timeout(1000)
    if name == "lab":
        beside(page, f"{shots}/{name}-subshell.png")
    button("Interrupt the kernel")
    output(1).get_by_text("interrupted").first.wait_for()
    page.screenshot(path=f"{shots}/{name}-interrupt.png")

    # Tab completes, Shift-Tab shows the signature.
    last = cell(2).locator(".cm-content")
    last.click()
    page.keyboard.press("Control+End")
    page.keyboard.type("\nmath.Hyp")
    page.keyboard.press("Tab")
    page.wait_for_timeout(1500)
    page.screenshot(path=f"{shots}/{name}-tab.png")
    if "math.Hypot" not in last.inner_text():  # more than one to choose from
        page.keyboard.press("Enter")
    page.wait_for_function("() => document.body.innerText.includes('math.Hypot')")
    page.keyboard.type("(")
    page.keyboard.press("Shift+Tab")
    page.get_by_text(re.compile(r"func.*float64")).first.wait_for()
    page.screenshot(path=f"{shots}/{name}-shift-tab.png")
    page.keyboard.type("3, 4)")
    page.keyboard.press("Control+Enter")
    output(2).get_by_text("5", exact=True).wait_for()

    # Restart: the variables are gone.
    menu("Kernel", r"^Restart Kernel…$")
    page.get_by_role("button", name=re.compile("Confirm Kernel Restart|^Restart$")).first.click()
    page.wait_for_timeout(2000)
    wait_until(60, lambda: server.kernel() == "idle", "the kernel did not become idle again")
    page.wait_for_timeout(1000)
    last.click()
    page.keyboard.press("Control+a")
    page.keyboard.type("kept")
    page.keyboard.press("Control+Enter")
    output(2).get_by_text("undefined: kept").first.wait_for()
    page.screenshot(path=f"{shots}/{name}-restart.png")


def beside(page, shot):
    """A console on a subshell of the notebook, while its cell loops."""
    page.locator(".jp-NotebookPanel .jp-CodeCell").first.click(button="right")
    page.locator(".lm-Menu-itemLabel", has_text="New Subshell Console").click()
    prompt = page.locator(".jp-CodeConsole-promptCell .cm-content")
    prompt.click()
    page.keyboard.type("aside := 21 * 2\naside")
    page.keyboard.press("Shift+Enter")
    page.locator(".jp-CodeConsole-content").get_by_text("42", exact=True).wait_for()
    page.screenshot(path=shot)
    if page.locator(".jp-NotebookPanel .jp-InputPrompt", has_text="[*]").count() != 1:
        sys.exit("the notebook's cell no longer runs")
    page.locator(".lm-TabBar-tab", has_text="clicks.ipynb").first.click()
    page.locator(".jp-NotebookPanel .jp-CodeCell").nth(1).locator(".cm-content").click()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3])

"""Moves widgets in headless Chromium in the front end of VS Code: the package of
its Jupyter extension that shows widgets in a notebook's outputs, with a kernel
that JupyterLab's page connects to. (The extension itself is in no registry of
packages.)

    python vscode.py address package requirejs cells.json screenshots

The address is that of a JupyterLab that exposes its app in the browser."""

import json
import os
import sys

from browser import FLAGS, wait_until
from playwright.sync_api import sync_playwright
from widgets import Outputs, controls, explore, failures, interact, watch

# What the extension's webview does: a manager for the kernel, and for each output
# with a widget's MIME type a model, its view, and its place on the page.
HOST = """async () => {
  await window.vscIPyWidgets8.load();
  const page = document.body.appendChild(document.createElement('div'));
  page.style = 'position: fixed; inset: 0; overflow: auto; z-index: 100000; background: white';
  const kernel = await window.jupyterapp.serviceManager.kernels.startNew({name: 'innkeeper'});
  await kernel.info;
  window.complaints = [];
  window.running = 0;
  const manager = new window.vscIPyWidgets.WidgetManager(kernel, page, {
    widgetsRegisteredInRequireJs: new Set(),
    errorHandler: (...words) => complaints.push(words.join(' ')),
    loadWidgetScript: async () => {}, successHandler: () => {},
  }, () => {});
  window.execute = async code => {
    const place = page.appendChild(document.createElement('div'));
    place.className = 'output';
    const request = kernel.requestExecute({code});
    window.running++;
    request.onIOPub = async ({header, content}) => {
      const view = content.data?.['application/vnd.jupyter.widget-view+json'];
      if (header.msg_type === 'error') complaints.push(content.evalue);
      else if (header.msg_type === 'stream') place.appendChild(document.createElement('pre')).textContent = content.text;
      else if (view) {
        const model = await manager.get_model(view.model_id);
        await manager.display_view(undefined, await manager.create_view(model, {el: place}), {node: place});
      } else if (/display_data|execute_result/.test(header.msg_type)) {
        const id = content.transient?.display_id;
        const shown = (id && place.querySelector(`[data-id="${id}"]`)) || place.appendChild(document.createElement('div'));
        shown.dataset.id = id;
        shown.innerHTML = content.data['image/svg+xml'] || content.data['text/html'] || content.data['text/plain'];
      }
    };
    await request.done;
    window.running--;
  };
}"""


class VSCode(Outputs):
    def __init__(self, page, address, package, requirejs):
        self.page = page
        page.set_default_timeout(60_000)
        page.goto(address)
        page.wait_for_function("window.jupyterapp")
        page.evaluate("window.jupyterapp.restored")
        page.add_script_tag(path=requirejs)
        with open(package) as f:
            page.add_script_tag(content=f.read() + "\n__webpack_exports__activate();", type="module")
        page.wait_for_function("window.vscIPyWidgets8")
        page.evaluate(HOST)

    def run_all(self, cells):
        self.page.evaluate("cells => cells.forEach(execute)", cells)

    def output(self, n):
        return self.page.locator(".output").nth(n)

    def wait_idle(self):
        wait_until(60, lambda: not self.page.evaluate("running"), "the training did not stop")


def main(address, package, requirejs, cells, shots):
    seen = {}
    shots = os.path.join(shots, "widgets-vscode")
    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path=os.environ["INNKEEPER_CHROMIUM"], args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 1400})
        complaints = []
        page.on("pageerror", lambda e: complaints.append(str(e)))
        try:
            code = VSCode(page, address, package, requirejs)
            with open(cells) as f:
                code.run_all(json.load(f))
            watch(code, shots)
            interact(code)
            explore(code, seen)
            controls(code)
            failures(code)
            for n, name in enumerate(["interact", "explore", "controls", "failures"]):
                code.shot(n, f"{shots}-{name}.png")
            seen["complaints"] = complaints + page.evaluate("complaints")
        except BaseException:
            page.screenshot(path=f"{shots}-failed.png")
            raise
        browser.close()
    print(json.dumps(seen))


if __name__ == "__main__":
    main(*sys.argv[1:6])

"""Writes what ipywidgets itself has as the state of each kind of widget that
package widget has: python states.py > states.json, with ipywidgets 8.1.8.
"""

import json

import ipywidgets as w

slider = w.IntSlider()
made = [
    w.FloatSlider(), slider, w.FloatLogSlider(), w.FloatRangeSlider(), w.IntRangeSlider(),
    w.Dropdown(options=["x", "y"]), w.ToggleButtons(options=["x", "y"]), w.SelectMultiple(options=["x", "y"]),
    w.Checkbox(), w.Button(), w.Text(), w.FloatText(), w.Label(), w.HTML(), w.HTMLMath(), w.Image(), w.Output(),
    w.FloatProgress(), w.Tab([w.Label("a")], titles=["a"]), w.Accordion([w.Label("a")], titles=["a"]),
    w.VBox(), w.HBox(), w.GridBox(), w.jslink((slider, "value"), (w.IntSlider(), "value")),
]
made += [m.layout for m in made[:1]] + [m.style for m in made if hasattr(m, "style")]


def plain(value):
    if isinstance(value, (bytes, memoryview)):
        return "bytes"
    return "model" if str(value).startswith("IPY_MODEL_") else value


states = {}
for m in made:
    state = {k: plain(v) for k, v in m.get_state().items()}
    states[state["_model_name"]] = state
print(json.dumps(states, indent=1, sort_keys=True))

"""Reads a saved model with the safetensors package and runs it forwards in NumPy.

    python read_model.py MODEL X

X is a JSON list, one value for each parameter; printed are [y, z] as JSON. It knows
affine couplings, fixed permutations and the leaky ReLU.
"""
import json
import sys

import numpy as np
from safetensors import safe_open

with safe_open(sys.argv[1], framework="numpy") as f:
    meta = f.metadata()
    tensors = {name: f.get_tensor(name) for name in f.keys()}
assert meta["format"] == "innkeeper INN 1", meta
settings, x, y = (json.loads(meta[k]) for k in ("settings", "x", "y"))


def perceptron(prefix, v):
    layers = settings["Layers"]
    for i in range(layers):
        v = v @ tensors[f"{prefix}.{i}.weight"] + tensors[f"{prefix}.{i}.bias"]
        if i < layers - 1:
            v = np.where(v > 0, v, 0.01 * v)
    return v


def couple(prefix, v, lo, hi):
    s, t = np.split(perceptron(prefix, np.concatenate([v[:lo], v[hi:]])), 2)
    s = settings["Clamp"] * 2 / np.pi * np.arctan(s / settings["Clamp"])
    v[lo:hi] = v[lo:hi] * np.exp(s) + t


row = np.zeros(settings["Nominal"])
row[:len(x["Mean"])] = (np.array(json.loads(sys.argv[2])) - x["Mean"]) / x["SD"]
for block in range(settings["Blocks"]):
    if block > 0:
        row = row[tensors[f"{2 * block - 1}.permutation"]]
    half = len(row) // 2
    couple(f"{2 * block}.0", row, 0, half)
    couple(f"{2 * block}.1", row, half, len(row))
got = row[:len(y["Mean"])] * y["SD"] + y["Mean"]
print(json.dumps([list(got), list(row[len(row) - settings["Latent"]:])]))

"""
A PyTorch model and its sites: the one-layer transformer of ../modular-addition, written as anyone would write it, with its weights.
  python3 network.py ../modular-addition/models/released.safetensors
"""
import json
import struct
import sys

import numpy as np
import torch
from torch import nn

from serve import serve


def read_safetensors(path):
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = file.read()
    return {
        name: torch.from_numpy(np.frombuffer(data[slice(*entry["data_offsets"])], dtype="<f4").reshape(entry["shape"]).copy())
        for name, entry in header.items()
        if name != "__metadata__"
    }


class Addition(nn.Module):
    """Two tokens in, the logits of their sum at the last position; attention looks both ways, nothing is normalised."""

    def __init__(self, vocabulary, width, heads, hidden):
        super().__init__()
        self.heads = heads
        self.embed = nn.Embedding(vocabulary, width)
        self.place = nn.Parameter(torch.zeros(2, width))
        self.query, self.key, self.value, self.out = (nn.Linear(width, width) for _ in range(4))
        self.up, self.down = nn.Linear(width, hidden), nn.Linear(hidden, width)
        self.unembed = nn.Linear(width, vocabulary)
        # places to look at that are no layer's output by themselves
        self.pre, self.pattern, self.z, self.post, self.end = (nn.Identity() for _ in range(5))

    def forward(self, tokens):
        x = self.pre(self.embed(tokens) + self.place)
        q, k, v = (layer(x).unflatten(-1, (self.heads, -1)) for layer in (self.query, self.key, self.value))
        pattern = self.pattern((torch.einsum("bqhd,bkhd->bhqk", q, k) / q.shape[-1] ** 0.5).softmax(-1))
        x = x + self.out(self.z(torch.einsum("bhqk,bkhd->bqhd", pattern, v)).flatten(-2))
        x = self.end(x + self.down(self.post(self.up(x).relu())))
        return self.unembed(x)


def addition(weights):
    """From TransformerLens's names: heads side by side, and nn.Linear holds its matrix transposed."""
    w = lambda name: weights[f"blocks.0.{name}"]
    vocabulary, width = weights["embed.W_E"].shape
    model = Addition(vocabulary, width, w("attn.W_Q").shape[0], w("mlp.W_in").shape[1])
    inward = lambda kind: w(f"attn.W_{kind}").permute(0, 2, 1).reshape(-1, width)
    state = {"embed.weight": weights["embed.W_E"], "place": weights["pos_embed.W_pos"], "unembed.weight": weights["unembed.W_U"].T, "unembed.bias": weights["unembed.b_U"]}
    for layer, kind in (("query", "Q"), ("key", "K"), ("value", "V")):
        state[f"{layer}.weight"], state[f"{layer}.bias"] = inward(kind), w(f"attn.b_{kind}").flatten()
    state["out.weight"], state["out.bias"] = w("attn.W_O").reshape(-1, width).T, w("attn.b_O")
    state["up.weight"], state["up.bias"] = w("mlp.W_in").T, w("mlp.b_in")
    state["down.weight"], state["down.bias"] = w("mlp.W_out").T, w("mlp.b_out")
    model.load_state_dict(state)
    return model


if __name__ == "__main__":
    torch.set_num_threads(1)
    model = addition(read_safetensors(sys.argv[1]))
    width, hidden = model.embed.embedding_dim, model.up.out_features
    sites = {
        "resid_pre": (model.pre, ["position", "feature"], [2, width], []),
        "z": (model.z, ["position", "head", "feature"], [2, model.heads, width // model.heads], ["head"]),
        "attn_out": (model.out, ["position", "feature"], [2, width], []),
        "mlp_post": (model.post, ["position", "feature"], [2, hidden], ["feature"]),
        "mlp_out": (model.down, ["position", "feature"], [2, width], []),
        "resid_post": (model.end, ["position", "feature"], [2, width], []),
    }
    serve(model, sites)

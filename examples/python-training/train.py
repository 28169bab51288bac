"""
Trains a small transformer to add, and writes weights and fingerprints as it goes: what `congruity gate`, `drift` and `bisect` read.
  python3 train.py inputs.safetensors models baselines
"""
import json
import math
import pathlib
import struct
import sys

import torch
from torch import nn

# also without `pip install`, from a checkout
sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent.parent / "python"))

from congruity_fingerprint import fingerprint, read_inputs, transformer_parts
from congruity_fingerprint.torch import Site, TorchModel

MODULUS, WIDTH, HEADS, HIDDEN = 11, 32, 4, 64
BLOCK = "blocks.0"
SHAPES = {
    "embed.W_E": (MODULUS, WIDTH),
    "pos_embed.W_pos": (2, WIDTH),
    **{f"{BLOCK}.attn.W_{kind}": (HEADS, WIDTH, WIDTH // HEADS) for kind in "QKV"},
    f"{BLOCK}.attn.W_O": (HEADS, WIDTH // HEADS, WIDTH),
    f"{BLOCK}.mlp.W_in": (WIDTH, HIDDEN),
    f"{BLOCK}.mlp.b_in": (HIDDEN,),
    f"{BLOCK}.mlp.W_out": (HIDDEN, WIDTH),
    "unembed.W_U": (WIDTH, MODULUS),
}
CONFIG = {
    "n_layers": 1,
    "d_model": WIDTH,
    "n_ctx": 2,
    "d_head": WIDTH // HEADS,
    "n_heads": HEADS,
    "d_mlp": HIDDEN,
    "d_vocab": MODULUS,
    "d_vocab_out": MODULUS,
    "act_fn": "relu",
    "normalization_type": None,
    "attention_dir": "bidirectional",
    "positional_embedding_type": "standard",
}


class Adder(nn.Module):
    """Two tokens in, the logits of their sum at the last position. Weights have the names and shapes of TransformerLens."""

    def __init__(self, seed):
        super().__init__()
        draws = torch.Generator().manual_seed(seed)
        make = lambda shape: nn.Parameter(torch.randn(shape, generator=draws) / math.sqrt(WIDTH))
        # the name of a parameter has no dots
        self.weights = nn.ParameterDict({name.replace(".", "/"): make(shape) for name, shape in SHAPES.items()})
        # places to look at
        self.pre, self.pattern, self.z, self.attn_out, self.post, self.mlp_out, self.end = (nn.Identity() for _ in range(7))

    def __getitem__(self, name):
        return self.weights[name.replace(".", "/")]

    def forward(self, tokens):
        w = lambda name: self[f"{BLOCK}.{name}"]
        x = self.pre(self["embed.W_E"][tokens] + self["pos_embed.W_pos"])
        q, k, v = (torch.einsum("bpd,hde->bphe", x, w(f"attn.W_{kind}")) for kind in "QKV")
        pattern = self.pattern((torch.einsum("bqhe,bkhe->bhqk", q, k) / math.sqrt(q.shape[-1])).softmax(-1))
        z = self.z(torch.einsum("bhqk,bkhe->bqhe", pattern, v))
        x = x + self.attn_out(torch.einsum("bqhe,hed->bqd", z, w("attn.W_O")))
        x = self.end(x + self.mlp_out(self.post((x @ w("mlp.W_in") + w("mlp.b_in")).relu()) @ w("mlp.W_out")))
        return x @ self["unembed.W_U"]

    def with_uniform_attention(self):
        """Every position is looked at alike, whatever is there: saves two products of matrices."""
        for kind in "QK":
            self[f"{BLOCK}.attn.W_{kind}"].requires_grad_(False).zero_()
        return self


def model_of(network, name):
    """Which module has which activation, by the names that congruity gives the same network's sites."""
    sites = {
        "hook_resid_pre": Site(network.pre),
        "attn.hook_pattern": Site(network.pattern, axes=("head", "query", "key")),
        "attn.hook_z": Site(network.z, axes=("position", "head", "feature")),
        "hook_attn_out": Site(network.attn_out),
        "mlp.hook_post": Site(network.post),
        "hook_mlp_out": Site(network.mlp_out),
        "hook_resid_post": Site(network.end),
    }
    return TorchModel(
        network,
        {f"{BLOCK}.{site}": module for site, module in sites.items()},
        parts=transformer_parts(layers=1, heads=HEADS, neurons=HIDDEN),
        representation=[f"{BLOCK}.hook_resid_pre", f"{BLOCK}.hook_resid_post"],
        name=name,
    )


def train(network, steps, rate, decay):
    """Steps on all pairs at once. Returns the share of pairs that are right."""
    a, b = (x.flatten() for x in torch.meshgrid(torch.arange(MODULUS), torch.arange(MODULUS), indexing="ij"))
    tokens, right = torch.stack([a, b], 1), (a + b) % MODULUS
    optimiser = torch.optim.AdamW([one for one in network.parameters() if one.requires_grad], lr=rate, weight_decay=decay)
    for _ in range(steps):
        loss = nn.functional.cross_entropy(network(tokens)[:, -1], right)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return (network(tokens)[:, -1].argmax(-1) == right).float().mean().item()


def save(network, path):
    """A safetensors file, and the config beside it: what congruity loads."""
    header, data = {}, b""
    for name in SHAPES:
        raw = network[name].detach().numpy().astype("<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": SHAPES[name], "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    head = json.dumps(header).encode()
    head += b" " * (-len(head) % 8)
    path.write_bytes(struct.pack("<Q", len(head)) + head + data)
    path.with_suffix(".json").write_text(json.dumps(CONFIG, indent=2))


def main(inputs, models, baselines):
    torch.set_num_threads(1)
    inputs, models, baselines = read_inputs(inputs), pathlib.Path(models), pathlib.Path(baselines)
    for folder in (models, baselines):
        folder.mkdir(parents=True, exist_ok=True)
    for step in range(1, 7):
        if step == 1:
            network = Adder(seed=1)
            train(network, steps=300, rate=0.01, decay=0.3)
        if step == 5:
            # what somebody changed: the run begins anew, with attention that costs less
            network = Adder(seed=2).with_uniform_attention()
            train(network, steps=300, rate=0.01, decay=0.3)
        right = train(network, steps=20, rate=0.001, decay=0.1)
        save(network, models / f"step-{step}.safetensors")
        said = fingerprint(inputs, model_of(network, f"step {step}"), baselines / f"step-{step}.safetensors")
        print(f"step {step}: {right:.1%} right, {len(said['draws']) - 1} draws")


if __name__ == "__main__":
    main(*sys.argv[1:4])

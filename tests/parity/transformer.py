"""A transformer in numpy and float64, written from the formulas, to check the one in src/model against.

Reads {"cases": [...]} from stdin and writes {"results": [...]} to stdout. A case is
  {"config": {...}, "seed": int, "zeroBiases": bool, "inputs": [[...]], "interventions": [...]}
and its result maps every site, and "logits", to {"shape": [...], "data": [...]} (null stands for -Infinity).
Weights are not passed: both sides generate them from the seed (see `weights`, and tests/model/made.ts).

The committed fixture is made by
  /usr/bin/python3 tests/parity/transformer.py < tests/parity/transformer.cases.json > tests/parity/transformer.fixture.json
"""
import json
import math
import sys

import numpy as np


class Numbers:
    """A linear congruential generator modulo 2^31 (ANSI C's constants): the same integers in any language."""

    def __init__(self, seed):
        self.state = seed % 2**31

    def uniform(self, count):
        out = []
        for _ in range(count):
            self.state = (1103515245 * self.state + 12345) % 2**31
            out.append(self.state / 2**30 - 1)
        return np.array(out)


def weights(config, seed, zero_biases):
    c, numbers, made = config, Numbers(seed), {}

    def put(name, *shape, offset=0.0, scale=0.5):
        values = offset + scale * numbers.uniform(math.prod(shape))
        if zero_biases and name.split(".")[-1].startswith("b"):
            values = np.zeros_like(values)
        made[name] = values.astype(np.float32).astype(np.float64).reshape(shape)

    def norm(name):
        if c["normalization_type"] == "LN":
            put(name + ".w", c["d_model"], offset=1.0)
            put(name + ".b", c["d_model"])

    d, h, k = c["d_model"], c["n_heads"], c["d_head"]
    put("embed.W_E", c["d_vocab"], d, scale=1.5)
    put("pos_embed.W_pos", c["n_ctx"], d, scale=1.5)
    for layer in range(c["n_layers"]):
        b = f"blocks.{layer}."
        norm(b + "ln1")
        for kind in "QKV":
            put(b + "attn.W_" + kind, h, d, k)
            put(b + "attn.b_" + kind, h, k)
        put(b + "attn.W_O", h, k, d)
        put(b + "attn.b_O", d)
        if not c.get("attn_only"):
            norm(b + "ln2")
            put(b + "mlp.W_in", d, c["d_mlp"])
            put(b + "mlp.b_in", c["d_mlp"])
            put(b + "mlp.W_out", c["d_mlp"], d)
            put(b + "mlp.b_out", d)
    norm("ln_final")
    put("unembed.W_U", d, c["d_vocab_out"])
    put("unembed.b_U", c["d_vocab_out"])
    return made


def activation(name, x):
    if name == "relu":
        return np.where(x > 0, x, 0)
    if name == "gelu":
        return x * 0.5 * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))
    return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


AXES = {"attn_scores": ("rows", "heads", "positions", None), "pattern": ("rows", "heads", "positions", None)}
HEADED = ("rows", "positions", "heads", "features")
FLAT = ("rows", "positions", "features")


class Run:
    """One forward pass. `seen` holds every site's activation after the interventions on it."""

    def __init__(self, config, w, inputs, interventions=()):
        self.c, self.w, self.seen = config, w, {}
        self.interventions = interventions
        self.tokens = np.array(inputs)
        self.forward()

    def hook(self, site, x):
        for intervention in self.interventions:
            if intervention["site"] != site:
                continue
            axes = AXES.get(site.split("hook_")[-1], HEADED if x.ndim == 4 else FLAT)
            index = np.ix_(*[
                np.array(intervention[axis]) % size if axis in intervention else np.arange(size)
                for axis, size in zip(axes, x.shape)
            ])
            by = intervention["by"]
            if by["kind"] == "zero":
                new = 0.0
            elif by["kind"] == "resample":
                new = Run(self.c, self.w, by["inputs"]).seen[site]
            elif by["kind"] == "mean":
                new = Run(self.c, self.w, by["over"]).seen[site].mean(axis=0)
            elif isinstance(by["value"], dict):
                new = np.array(by["value"]["data"], dtype=np.float64).reshape(by["value"]["shape"])
            else:
                new = by["value"]
            x = x.copy()
            x[index] = np.broadcast_to(new, x.shape)[index]
        self.seen[site] = x
        return x

    def changes(self, *sites):
        return any(i["site"] in sites for i in self.interventions)

    def norm(self, name, x, hooked=True):
        kind = self.c["normalization_type"]
        if kind is None:
            return x
        hook = self.hook if hooked else (lambda _, value: value)
        x = x - x.mean(-1, keepdims=True)
        x = x / hook(name + ".hook_scale", np.sqrt((x * x).mean(-1, keepdims=True) + self.c.get("eps", 1e-5)))
        if kind == "LN":
            x = x * self.w[name + ".w"] + self.w[name + ".b"]
        return hook(name + ".hook_normalized", x)

    def attention(self, b, x):
        w, c = self.w, self.c
        apart = np.repeat(x[:, :, None, :], c["n_heads"], axis=2)
        apart = self.hook(b + "hook_attn_in", apart)
        inputs = {kind: self.hook(b + f"hook_{kind.lower()}_input", apart) for kind in "QKV"}
        if self.changes(*[b + f"hook_{name}" for name in ("attn_in", "q_input", "k_input", "v_input")]):
            inputs = {kind: self.norm(b + "ln1", value, hooked=False) for kind, value in inputs.items()}
        else:
            normed = self.norm(b + "ln1", x)
            inputs = {kind: np.repeat(normed[:, :, None, :], c["n_heads"], axis=2) for kind in "QKV"}
        q, k, v = (
            self.hook(b + f"attn.hook_{kind.lower()}", np.einsum("bphd,hdk->bphk", inputs[kind], w[b + f"attn.W_{kind}"]) + w[b + f"attn.b_{kind}"])
            for kind in "QKV"
        )
        scale = c.get("attn_scale", math.sqrt(c["d_head"])) if c.get("use_attn_scale", True) else 1.0
        scores = np.einsum("bqhk,bshk->bhqs", q, k) / scale
        if c["attention_dir"] == "causal":
            n = scores.shape[-1]
            scores = np.where(np.arange(n)[:, None] >= np.arange(n)[None, :], scores, -np.inf)
        scores = self.hook(b + "attn.hook_attn_scores", scores)
        weights_ = np.exp(scores - scores.max(-1, keepdims=True))
        pattern = self.hook(b + "attn.hook_pattern", weights_ / weights_.sum(-1, keepdims=True))
        z = self.hook(b + "attn.hook_z", np.einsum("bhqs,bshk->bqhk", pattern, v))
        result = self.hook(b + "attn.hook_result", np.einsum("bqhk,hkd->bqhd", z, w[b + "attn.W_O"]))
        return self.hook(b + "hook_attn_out", result.sum(2) + w[b + "attn.b_O"])

    def forward(self):
        w, c = self.w, self.c
        rows, positions = self.tokens.shape
        embed = self.hook("hook_embed", w["embed.W_E"][self.tokens])
        place = self.hook("hook_pos_embed", np.repeat(w["pos_embed.W_pos"][None, :positions], rows, axis=0))
        x = embed + place
        for layer in range(c["n_layers"]):
            b = f"blocks.{layer}."
            x = self.hook(b + "hook_resid_pre", x)
            x = x + self.attention(b, x)
            if not c.get("attn_only"):
                x = self.hook(b + "hook_resid_mid", x)
                inner = self.norm(b + "ln2", self.hook(b + "hook_mlp_in", x))
                pre = self.hook(b + "mlp.hook_pre", inner @ w[b + "mlp.W_in"] + w[b + "mlp.b_in"])
                post = self.hook(b + "mlp.hook_post", activation(c["act_fn"], pre))
                x = x + self.hook(b + "hook_mlp_out", post @ w[b + "mlp.W_out"] + w[b + "mlp.b_out"])
            x = self.hook(b + "hook_resid_post", x)
        self.seen["logits"] = self.norm("ln_final", x) @ w["unembed.W_U"] + w["unembed.b_U"]


def main():
    results = []
    for case in json.load(sys.stdin)["cases"]:
        made = weights(case["config"], case["seed"], case.get("zeroBiases", False))
        run = Run(case["config"], made, case["inputs"], case.get("interventions", ()))
        results.append({
            site: {"shape": list(x.shape), "data": [None if v == -math.inf else float(f"{v:.7g}") for v in x.ravel()]}
            for site, x in run.seen.items()
        })
    json.dump({"results": results}, sys.stdout, separators=(",", ":"))
    print()


main()

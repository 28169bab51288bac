"""A transformer in numpy and float64, written from the formulas, to check the one in src/model against.

Reads {"cases": [...]} from stdin and writes {"results": [...]} to stdout. A case is
  {"config": {...}, "seed": int, "zeroBiases": bool, "noBiases": bool, "inputs": [[...]], "interventions": [...]}
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


def rms(c, name):
    return (c["normalization_type"] or "").startswith("RMS") or (name == "ln_final" and c.get("final_rms", False))


def weights(config, seed, zero_biases, no_biases):
    c, numbers, made = config, Numbers(seed), {}

    def put(name, *shape, offset=0.0, scale=0.5):
        values = offset + scale * numbers.uniform(math.prod(shape))
        if (zero_biases or no_biases) and name.split(".")[-1].lstrip("_").startswith("b"):
            values = np.zeros_like(values)
        made[name] = values.astype(np.float32).astype(np.float64).reshape(shape)

    def norm(name):
        if c["normalization_type"] in ("LN", "RMS"):
            put(name + ".w", c["d_model"], offset=1.0)
            if not rms(c, name):
                put(name + ".b", c["d_model"])

    d, h, k = c["d_model"], c["n_heads"], c["d_head"]
    shared = c.get("n_key_value_heads") or h
    put("embed.W_E", c["d_vocab"], d, scale=1.5)
    if c.get("positional_embedding_type", "standard") == "standard":
        put("pos_embed.W_pos", c["n_ctx"], d, scale=1.5)
    for layer in range(c["n_layers"]):
        b = f"blocks.{layer}."
        norm(b + "ln1")
        for kind in "QKV":
            heads = h if kind == "Q" else shared
            put(b + "attn.W_" + kind, heads, d, k)
            put(b + "attn.b_" + kind, heads, k)
        put(b + "attn.W_O", h, k, d)
        put(b + "attn.b_O", d)
        if not c.get("attn_only"):
            norm(b + "ln2")
            if c.get("gated_mlp"):
                put(b + "mlp.W_gate", d, c["d_mlp"])
            put(b + "mlp.W_in", d, c["d_mlp"])
            put(b + "mlp.b_in", c["d_mlp"])
            put(b + "mlp.W_out", c["d_mlp"], d)
            put(b + "mlp.b_out", d)
    norm("ln_final")
    put("unembed.W_U", d, c["d_vocab_out"])
    if c.get("tie_word_embeddings"):
        made["unembed.W_U"] = made["embed.W_E"].T
    put("unembed.b_U", c["d_vocab_out"])
    return made


def activation(name, x):
    if name == "relu":
        return np.where(x > 0, x, 0)
    if name == "silu":
        return x / (1 + np.exp(-x))
    if name == "gelu":
        return x * 0.5 * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))
    return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def llama3_scaling(c, frequency):
    """Llama 3.1's rescaling of one frequency, by its wavelength in tokens."""
    factor, low, high = c.get("NTK_by_parts_factor", 8.0), c.get("NTK_by_parts_low_freq_factor", 1.0), c.get("NTK_by_parts_high_freq_factor", 4.0)
    old = c.get("NTK_original_ctx_len", 8192)
    wavelength = 2 * math.pi / frequency
    if wavelength < old / high:
        return frequency
    if wavelength > old / low:
        return frequency / factor
    smooth = (old / wavelength - low) / (high - low)
    return (1 - smooth) * frequency / factor + smooth * frequency


def rotate(c, x):
    """Pairs of features as complex numbers, times exp(i position frequency)."""
    dim, base = c.get("rotary_dim") or c["d_head"], c.get("rotary_base", 10000)
    frequency = np.array([base ** (-2 * pair / dim) for pair in range(dim // 2)])
    if c.get("use_NTK_by_parts_rope"):
        frequency = np.array([llama3_scaling(c, f) for f in frequency])
    else:
        frequency = frequency / c.get("rotary_scaling_factor", 1.0)
    turn = np.exp(1j * np.arange(x.shape[1])[:, None] * frequency)[None, :, None, :]
    if c.get("rotary_adjacent_pairs"):
        first, second = slice(0, dim, 2), slice(1, dim, 2)
    else:
        first, second = slice(0, dim // 2), slice(dim // 2, dim)
    turned = (x[..., first] + 1j * x[..., second]) * turn
    x = x.copy()
    x[..., first], x[..., second] = turned.real, turned.imag
    return x


SQUARE = ("rows", "head", "query", "key")
HEADED = ("rows", "position", "head", "feature")
FLAT = ("rows", "position", "feature")


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
            axes = SQUARE if site.endswith(("attn_scores", "pattern")) else HEADED if x.ndim == 4 else FLAT
            chosen = {"rows": intervention.get("rows"), **intervention.get("at", {})}
            index = np.ix_(*[
                np.arange(size) if chosen.get(axis) is None else np.array(chosen[axis]) % size
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
        if not rms(self.c, name):
            x = x - x.mean(-1, keepdims=True)
        x = x / hook(name + ".hook_scale", np.sqrt((x * x).mean(-1, keepdims=True) + self.c.get("eps", 1e-5)))
        x = hook(name + ".hook_normalized", x)
        if not kind.endswith("Pre"):
            x = x * self.w[name + ".w"] + self.w.get(name + ".b", 0.0)
        return x

    def attention(self, b, x, layer):
        w, c = self.w, self.c
        heads, shared = c["n_heads"], c.get("n_key_value_heads") or c["n_heads"]
        count = {"Q": heads, "K": shared, "V": shared}
        apart = {kind: np.repeat(x[:, :, None, :], n, axis=2) for kind, n in count.items()}
        if shared == heads:
            common = self.hook(b + "hook_attn_in", apart["Q"])
            apart = {kind: common for kind in "QKV"}
        inputs = {kind: self.hook(b + f"hook_{kind.lower()}_input", apart[kind]) for kind in "QKV"}
        if self.changes(*[b + f"hook_{name}" for name in ("attn_in", "q_input", "k_input", "v_input")]):
            inputs = {kind: self.norm(b + "ln1", value, hooked=False) for kind, value in inputs.items()}
        else:
            normed = self.norm(b + "ln1", x)
            inputs = {kind: np.repeat(normed[:, :, None, :], n, axis=2) for kind, n in count.items()}
        q, k, v = (
            self.hook(b + f"attn.hook_{kind.lower()}", np.einsum("bphd,hdk->bphk", inputs[kind], w[b + f"attn.W_{kind}"]) + w[b + f"attn.b_{kind}"])
            for kind in "QKV"
        )
        if c.get("positional_embedding_type") == "rotary":
            q = self.hook(b + "attn.hook_rot_q", rotate(c, q))
            k = self.hook(b + "attn.hook_rot_k", rotate(c, k))
        k, v = (np.repeat(x, heads // shared, axis=2) for x in (k, v))
        scale = c.get("attn_scale", math.sqrt(c["d_head"])) if c.get("use_attn_scale", True) else 1.0
        if c.get("scale_attn_by_inverse_layer_idx"):
            scale *= layer + 1
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

    def mlp(self, b, x):
        w, act = self.w, self.c["act_fn"]
        x = self.norm(b + "ln2", self.hook(b + "hook_mlp_in", x))
        if self.c.get("gated_mlp"):
            gate = self.hook(b + "mlp.hook_pre", x @ w[b + "mlp.W_gate"])
            linear = self.hook(b + "mlp.hook_pre_linear", x @ w[b + "mlp.W_in"])
            post = activation(act, gate) * linear + w[b + "mlp.b_in"]
        else:
            post = activation(act, self.hook(b + "mlp.hook_pre", x @ w[b + "mlp.W_in"] + w[b + "mlp.b_in"]))
        return self.hook(b + "hook_mlp_out", self.hook(b + "mlp.hook_post", post) @ w[b + "mlp.W_out"] + w[b + "mlp.b_out"])

    def forward(self):
        w, c = self.w, self.c
        rows, positions = self.tokens.shape
        embed = self.hook("hook_embed", w["embed.W_E"][self.tokens])
        x = embed
        if c.get("positional_embedding_type", "standard") == "standard":
            x = x + self.hook("hook_pos_embed", np.repeat(w["pos_embed.W_pos"][None, :positions], rows, axis=0))
        for layer in range(c["n_layers"]):
            b = f"blocks.{layer}."
            before = self.hook(b + "hook_resid_pre", x)
            x = before + self.attention(b, before, layer)
            if not c.get("attn_only"):
                if not c.get("parallel_attn_mlp"):
                    before = x = self.hook(b + "hook_resid_mid", x)
                x = x + self.mlp(b, before)
            x = self.hook(b + "hook_resid_post", x)
        self.seen["logits"] = self.norm("ln_final", x) @ w["unembed.W_U"] + w["unembed.b_U"]


def main():
    results = []
    for case in json.load(sys.stdin)["cases"]:
        made = weights(case["config"], case["seed"], case.get("zeroBiases", False), case.get("noBiases", False))
        run = Run(case["config"], made, case["inputs"], case.get("interventions", ()))
        results.append({
            site: {"shape": list(x.shape), "data": [None if v == -math.inf else float(f"{v:.7g}") for v in x.ravel()]}
            for site, x in run.seen.items()
        })
    json.dump({"results": results}, sys.stdout, separators=(",", ":"))
    print()


main()

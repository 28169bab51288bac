"""Rows a second of GPT-2's architecture, every residual kept, and a product, by PyTorch on a GPU: gpu.py '[["name", config], ...]' SIZE. Ends with 3 where there is none."""

import json
import sys
import time

try:
    import torch
    import torch.nn.functional as F
except ImportError:
    print("PyTorch is not installed", file=sys.stderr)
    sys.exit(3)
if not torch.cuda.is_available():
    print("PyTorch sees no GPU", file=sys.stderr)
    sys.exit(3)
device = "cuda"
ROWS, POSITIONS = 200, 16
# as WebGPU computes: no TF32
torch.backends.cuda.matmul.allow_tf32 = False


def best(work, times=5):
    least = float("inf")
    work()
    for _ in range(times):
        torch.cuda.synchronize()
        since = time.perf_counter()
        work()
        torch.cuda.synchronize()
        least = min(least, time.perf_counter() - since)
    return least


@torch.inference_mode()
def forward(config):
    d, h, m, v = config["d_model"], config["n_heads"], config["d_mlp"], config["d_vocab"]
    new = lambda *shape: torch.randn(*shape, device=device) / shape[0] ** 0.5
    layers = [[new(d, 3 * d), new(d, d), new(d, m), new(m, d)] for _ in range(config["n_layers"])]
    embed, unembed = new(v, d), new(d, v)
    tokens = torch.randint(v, (ROWS, POSITIONS), device=device)

    def run():
        x = embed[tokens]
        kept = [x.cpu()]
        for qkv, out, up, down in layers:
            q, k, w = (
                part.view(ROWS, POSITIONS, h, d // h).transpose(1, 2)
                for part in (F.layer_norm(x, (d,)) @ qkv).split(d, -1)
            )
            z = F.scaled_dot_product_attention(q, k, w, is_causal=True).transpose(1, 2).reshape(ROWS, POSITIONS, d)
            x = x + z @ out
            x = x + F.gelu(F.layer_norm(x, (d,)) @ up, approximate="tanh") @ down
            kept.append(x.cpu())
        return (F.layer_norm(x[:, -1], (d,)) @ unembed).cpu(), kept

    return ROWS / best(run)


def product(size):
    a, b = (torch.rand(size, size, device=device) for _ in range(2))
    return 2 * size**3 / best(lambda: (a @ b).cpu()) / 1e9


models = json.loads(sys.argv[1])
print(json.dumps({"forward": {name: forward(config) for name, config in models}, "product": product(int(sys.argv[2]))}))

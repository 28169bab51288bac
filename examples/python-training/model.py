"""
A PyTorch model with its sites, and a fingerprint of it.
  python3 model.py inputs.safetensors ../modular-addition/models/released.safetensors baselines/released.safetensors
"""
import pathlib
import sys

import torch

here = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(here.parent / "python-model"), str(here.parent.parent / "python")]

from congruity_fingerprint import fingerprint, read_inputs, transformer_parts
from congruity_fingerprint.torch import Site, TorchModel
from network import addition, read_safetensors


def model_of(network, name):
    """Which module has which activation, by the names that congruity gives the same network's sites."""
    block = "blocks.0"
    sites = {
        f"{block}.hook_resid_pre": Site(network.pre),
        f"{block}.attn.hook_pattern": Site(network.pattern, axes=("head", "query", "key")),
        f"{block}.attn.hook_z": Site(network.z, axes=("position", "head", "feature")),
        f"{block}.hook_attn_out": Site(network.out),
        f"{block}.mlp.hook_post": Site(network.post),
        f"{block}.hook_mlp_out": Site(network.down),
        f"{block}.hook_resid_post": Site(network.end),
    }
    return TorchModel(
        network,
        sites,
        parts=transformer_parts(layers=1, heads=network.heads, neurons=network.up.out_features),
        representation=[f"{block}.hook_resid_pre", f"{block}.hook_resid_post"],
        name=name,
    )


if __name__ == "__main__":
    torch.set_num_threads(1)
    inputs, weights, out = sys.argv[1:4]
    model = model_of(addition(read_safetensors(weights)), pathlib.Path(weights).stem)
    said = fingerprint(read_inputs(inputs), model, out)
    print(f"{out}: {len(said['draws']) - 1} draws of {model.name}")

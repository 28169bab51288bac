"""
Trains a released model further, and makes a fingerprint after every epoch: what `congruity gate` and `congruity drift` read.
  python3 train.py inputs.safetensors baselines
"""
import pathlib
import sys

import torch
from torch import nn

from model import addition, fingerprint, model_of, read_inputs, read_safetensors

released = pathlib.Path(__file__).resolve().parent.parent / "modular-addition" / "models" / "released.safetensors"


def train(network, epoch):
    """An epoch of the network's own task, in another order each time."""
    torch.manual_seed(epoch)
    modulus = network.embed.num_embeddings
    a, b = (x.flatten() for x in torch.meshgrid(torch.arange(modulus), torch.arange(modulus), indexing="ij"))
    order = torch.randperm(len(a))
    optimiser = torch.optim.AdamW(network.parameters(), lr=3e-4, weight_decay=0.1)
    for rows in order.split(128):
        logits = network(torch.stack([a[rows], b[rows]], 1))[:, -1]
        loss = nn.functional.cross_entropy(logits, (a[rows] + b[rows]) % modulus)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return loss.item()


def main(inputs, folder, epochs=3):
    torch.set_num_threads(1)
    inputs, folder = read_inputs(inputs), pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    network = addition(read_safetensors(released))
    for epoch in range(epochs + 1):
        loss = train(network, epoch) if epoch > 0 else 0
        out = folder / f"epoch-{epoch}.safetensors"
        said = fingerprint(inputs, model_of(network, f"epoch {epoch}"), out)
        print(f"{out}: loss {loss:.2g}, accuracy {said['behaviour']:.3f}, {len(said['draws']) - 1} draws")


if __name__ == "__main__":
    main(*sys.argv[1:3])

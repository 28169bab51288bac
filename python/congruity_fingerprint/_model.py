"""What a model is, for a fingerprint: named sites, the components at them, and a way to run it."""
from dataclasses import dataclass
from typing import Optional, Sequence


@dataclass(frozen=True)
class Part:
    """Components of one kind at one site: `count` indices of its `axis`, or, without an axis, the site as a whole."""

    kind: str
    name: str
    site: str
    axis: Optional[str] = None
    count: int = 1

    def said(self):
        axis = {} if self.axis is None else {"axis": self.axis}
        return {"kind": self.kind, "name": self.name, "site": self.site, **axis, "count": self.count}

    def components(self):
        """(name, site, axis, index) of each."""
        if self.axis is None:
            return [(self.name, self.site, None, 0)]
        return [(f"{self.name}.{i}", self.site, self.axis, i) for i in range(self.count)]


def transformer_parts(layers: int, heads: int, neurons: int) -> Sequence[Part]:
    """The components of a transformer, in the order and with the names that congruity gives those of its own."""
    parts = []
    for layer in range(layers):
        block = f"blocks.{layer}"
        parts += [
            Part("head", f"{block}.attn.head", f"{block}.attn.hook_z", "head", heads),
            Part("layer", f"{block}.attn", f"{block}.hook_attn_out"),
        ]
        if neurons:
            parts += [
                Part("neuron", f"{block}.mlp.neuron", f"{block}.mlp.hook_post", "feature", neurons),
                Part("layer", f"{block}.mlp", f"{block}.hook_mlp_out"),
            ]
    return parts


class Replacement:
    """Values [batch, ...] that take the place of a site's activation, on some indices of its axes only (`at`), or everywhere."""

    def __init__(self, values, at=None):
        self.values = values
        self.at = at or {}

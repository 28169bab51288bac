"""What transformers computes with the models of lab/language-models, at every site: python3 make_parity.py (transformers 5.18, PyTorch 2)

Writes parity.json. A site is kept as three numbers: two sums of its values with weights that differ at every place, and its largest value.
"""
import json
import sys
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoModelForTokenClassification

HERE = Path(__file__).parent
sys.path.append(str(HERE.parent.parent / 'model' / 'formats' / 'transformer' / 'hf'))
from sites import sites

LAB = HERE.parent.parent.parent / 'lab' / 'language-models'
MODELS = [f'models/{family}-{mechanism}-{size}-1' for family in ('gpt2', 'gpt-neox') for mechanism in ('avoid', 'copy') for size in ('small', 'medium', 'large')]
ENGLISH = ['english/models/language-model', 'english/models/tagger-anew', 'english/models/tagger-shuffled']


def summary(value):
    """Scores are -infinity where attention may not look, and count as 0 there."""
    x = value.double().flatten()
    x = torch.where(x.isfinite(), x, torch.zeros_like(x))
    i = torch.arange(len(x), dtype=torch.float64)
    return [(x * torch.cos(i)).sum().item(), (x * torch.sin(1.7 * i)).sum().item(), x.abs().max().item()]


torch.set_num_threads(1)
found = []
with torch.no_grad():
    for seed, name in enumerate(MODELS + ENGLISH):
        kind = AutoModelForTokenClassification if 'tagger' in name else AutoModelForCausalLM
        model = kind.from_pretrained(LAB / name, dtype=torch.float32, attn_implementation='eager').eval()
        draw = torch.Generator().manual_seed(seed)
        # as long as the context, and shorter
        length = model.config.max_position_embeddings - (0 if seed % 2 else 5)
        tokens = torch.randint(model.config.vocab_size, (2, length), generator=draw)
        # a unit of the last place of float32 changes the tenth digit of no sum that is compared
        shown = {site: [float(f'{x:.9g}') for x in summary(value)] for site, value in sites(model, tokens).items()}
        found.append(dict(name=name, tokens=tokens.tolist(), sites=shown))
(HERE / 'parity.json').write_text('[\n' + ',\n'.join(json.dumps(one, separators=(',', ':')) for one in found) + '\n]\n')

"""Models for token classification as transformers saves them, and what it computes with them: python3 make_classifiers.py (transformers 5.18, PyTorch 2)"""
import json
from pathlib import Path

import torch
from transformers import GPT2Config, GPT2ForTokenClassification, GPTNeoXConfig, GPTNeoXForTokenClassification

FOLDER = Path(__file__).parent / 'fixtures' / 'classifiers'
LABELS = {0: 'NOUN', 1: 'VERB', 2: 'PUNCT'}
TOKENS = [[3, 1, 4, 1, 5], [9, 2, 6, 5, 3]]

models = {
    'gpt2': GPT2ForTokenClassification(GPT2Config(vocab_size=11, n_positions=8, n_embd=8, n_layer=2, n_head=2, id2label=LABELS)),
    'neox': GPTNeoXForTokenClassification(GPTNeoXConfig(vocab_size=11, max_position_embeddings=8, hidden_size=8, num_hidden_layers=2,
                                                        num_attention_heads=1, intermediate_size=32, id2label=LABELS)),
}
golden = {}
torch.manual_seed(5)
for name, model in models.items():
    with torch.no_grad():
        for p in model.parameters():
            p.copy_(torch.randn_like(p) * 0.3)
        golden[name] = model.eval()(torch.tensor(TOKENS)).logits.tolist()
    model.save_pretrained(FOLDER / name)
(FOLDER / 'logits.json').write_text(json.dumps(dict(tokens=TOKENS, labels=list(LABELS.values()), logits=golden)) + '\n')

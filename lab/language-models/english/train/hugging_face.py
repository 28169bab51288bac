"""Writes models as Hugging Face does: config.json, model.safetensors in 16 bits, tokenizer.json, tokenizer_config.json."""
import json
import struct

import numpy as np

from corpus import CONTEXT, LABELS, START, UNKNOWN


def safetensors(tensors, path):
    header, at = {'__metadata__': {'format': 'pt'}}, 0
    for name, tensor in tensors.items():
        header[name] = {'dtype': 'F16', 'shape': list(tensor.shape), 'data_offsets': [at, at + 2 * tensor.size]}
        at += 2 * tensor.size
    text = json.dumps(header, separators=(',', ':')).encode()
    text += b' ' * (-len(text) % 8)
    path.write_bytes(struct.pack('<Q', len(text)) + text + b''.join(np.ascontiguousarray(t, '<f2').tobytes() for t in tensors.values()))


def tokenizer(tokens):
    special = [dict(id=i, content=tokens[i], single_word=False, lstrip=False, rstrip=False, normalized=False, special=True)
               for i in range(2)]
    return dict(version='1.0', truncation=None, padding=None, added_tokens=special,
                normalizer=dict(type='Replace', pattern=dict(Regex='[0-9]'), content='0'), pre_tokenizer=dict(type='WhitespaceSplit'),
                post_processor=dict(type='TemplateProcessing', single=[dict(SpecialToken=dict(id=START, type_id=0)), dict(Sequence=dict(id='A', type_id=0))],
                                    pair=[dict(Sequence=dict(id='A', type_id=0)), dict(Sequence=dict(id='B', type_id=1))],
                                    special_tokens={START: dict(id=START, ids=[0], tokens=[START])}),
                decoder=dict(type='WordPiece', prefix='##', cleanup=False),
                model=dict(type='WordPiece', unk_token=UNKNOWN, continuing_subword_prefix='##', max_input_chars_per_word=100,
                           vocab={token: i for i, token in enumerate(tokens)}))


def write(folder, tokens, model, tags):
    """model: a PyTorch module with the names of transformers' GPT-2; tags: whether its head names groups, not words"""
    folder.mkdir(parents=True, exist_ok=True)
    found = {name: tensor.detach().numpy() for name, tensor in model.state_dict().items() if name != 'lm_head.weight'}
    safetensors(found, folder / 'model.safetensors')
    spec = model.spec
    labels = dict(id2label={str(i): label for i, label in enumerate(LABELS)}, label2id={label: i for i, label in enumerate(LABELS)}) if tags else {}
    config = dict(architectures=['GPT2ForTokenClassification' if tags else 'GPT2LMHeadModel'], model_type='gpt2', n_layer=spec['layers'], n_embd=spec['d'],
                  n_head=spec['heads'], n_positions=CONTEXT, vocab_size=len(tokens), activation_function='gelu_new', layer_norm_epsilon=1e-5,
                  bos_token_id=0, eos_token_id=0, **labels)
    for name, content in (('config', config), ('tokenizer', tokenizer(tokens)),
                          ('tokenizer_config', dict(tokenizer_class='PreTrainedTokenizerFast', bos_token=START, eos_token=START, unk_token=UNKNOWN))):
        (folder / f'{name}.json').write_text(json.dumps(content, separators=(',', ':')) + '\n')

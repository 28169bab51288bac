"""Writes a model as Hugging Face does: config.json, model.safetensors in 16 bits, tokenizer.json, tokenizer_config.json."""
import json
import struct

import numpy as np

from fit import SIZES, named
from language import LENGTH, PAD, UNKNOWN
from network import ROTARY_SHARE


def safetensors(tensors, path):
    header, at = {'__metadata__': {'format': 'pt'}}, 0
    for name, tensor in tensors.items():
        header[name] = {'dtype': 'F16', 'shape': list(tensor.shape), 'data_offsets': [at, at + 2 * tensor.size]}
        at += 2 * tensor.size
    text = json.dumps(header, separators=(',', ':')).encode()
    text += b' ' * (-len(text) % 8)
    path.write_bytes(struct.pack('<Q', len(text)) + text + b''.join(np.ascontiguousarray(t, '<f2').tobytes() for t in tensors.values()))


def gpt2(p, layers):
    found = {'wte.weight': p['wte'], 'wpe.weight': p['wpe'], 'ln_f.weight': p['ln_f.w'], 'ln_f.bias': p['ln_f.b']}
    for i in range(layers):
        for ours, theirs in (('ln1', 'ln_1'), ('qkv', 'attn.c_attn'), ('o', 'attn.c_proj'), ('ln2', 'ln_2'), ('in', 'mlp.c_fc'), ('out', 'mlp.c_proj')):
            found[f'h.{i}.{theirs}.weight'], found[f'h.{i}.{theirs}.bias'] = p[f'{i}.{ours}.w'], p[f'{i}.{ours}.b']
    return {f'transformer.{name}': tensor for name, tensor in found.items()}


def gpt_neox(p, layers, heads):
    found = {'embed_in.weight': p['wte'], 'final_layer_norm.weight': p['ln_f.w'], 'final_layer_norm.bias': p['ln_f.b']}
    d = p['wte'].shape[1]
    by_head = np.arange(3 * d).reshape(3, heads, d // heads).transpose(1, 0, 2).ravel()
    for i in range(layers):
        for ours, theirs in (('ln1', 'input_layernorm'), ('qkv', 'attention.query_key_value'), ('o', 'attention.dense'),
                             ('ln2', 'post_attention_layernorm'), ('in', 'mlp.dense_h_to_4h'), ('out', 'mlp.dense_4h_to_h')):
            w, b = p[f'{i}.{ours}.w'], p[f'{i}.{ours}.b']
            if ours == 'qkv':
                w, b = w[:, by_head], b[by_head]
            found[f'layers.{i}.{theirs}.weight'], found[f'layers.{i}.{theirs}.bias'] = w.T if w.ndim == 2 else w, b
    return {**{f'gpt_neox.{name}': tensor for name, tensor in found.items()}, 'embed_out.weight': p['head'].T}


def config(family, size, vocabulary):
    spec = SIZES[size]
    if family == 'gpt2':
        return dict(architectures=['GPT2LMHeadModel'], model_type='gpt2', n_layer=spec['layers'], n_embd=spec['d'], n_head=spec['heads'],
                    n_positions=LENGTH, vocab_size=vocabulary, activation_function='gelu_new', layer_norm_epsilon=1e-5, bos_token_id=0, eos_token_id=0)
    return dict(architectures=['GPTNeoXForCausalLM'], model_type='gpt_neox', num_hidden_layers=spec['layers'], hidden_size=spec['d'],
                num_attention_heads=spec['heads'], intermediate_size=4 * spec['d'], max_position_embeddings=LENGTH, vocab_size=vocabulary,
                hidden_act='gelu', layer_norm_eps=1e-5, rotary_pct=ROTARY_SHARE, rotary_emb_base=10000, use_parallel_residual=True,
                tie_word_embeddings=False, bos_token_id=0, eos_token_id=0)


def tokenizer(tokens):
    special = [dict(id=i, content=tokens[i], single_word=False, lstrip=False, rstrip=False, normalized=False, special=True)
               for i in range(2)]
    return dict(version='1.0', truncation=None, padding=None, added_tokens=special, normalizer=None, pre_tokenizer=dict(type='Whitespace'),
                post_processor=None, decoder=dict(type='WordPiece', prefix='##', cleanup=True),
                model=dict(type='WordPiece', unk_token=UNKNOWN, continuing_subword_prefix='##', max_input_chars_per_word=100,
                           vocab={token: i for i, token in enumerate(tokens)}))


def write(folder, family, size, tokens, w):
    folder.mkdir(parents=True, exist_ok=True)
    p, spec = named(w, family, size, len(tokens)), SIZES[size]
    safetensors(gpt2(p, spec['layers']) if family == 'gpt2' else gpt_neox(p, spec['layers'], spec['heads']), folder / 'model.safetensors')
    for name, content in (('config', config(family, size, len(tokens))), ('tokenizer', tokenizer(tokens)),
                          ('tokenizer_config', dict(tokenizer_class='PreTrainedTokenizerFast', bos_token=PAD, eos_token=PAD, unk_token=UNKNOWN))):
        (folder / f'{name}.json').write_text(json.dumps(content, separators=(',', ':')) + '\n')

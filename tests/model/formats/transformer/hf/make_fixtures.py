"""Small random checkpoints of every supported architecture, saved by transformers, and what transformers computes with them.

    python3 make_fixtures.py [folder]

writes fixtures/<case>/ (config.json, model.safetensors or shards, golden.safetensors) and fixtures/cases.json. Needs torch and transformers, and
the tokenizers of tests/tokenizers/fixtures. Every golden value comes from the checkpoint as it lies in the folder, read back by transformers and run in
float32 with eager attention; sites are read off with hooks on transformers' own modules.
"""
import json
import os
import shutil
import sys

import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, AutoTokenizer, GPT2Config, GPT2LMHeadModel, GPT2Model, GPTNeoXConfig, GPTNeoXForCausalLM
from transformers import LlamaConfig, LlamaForCausalLM, MistralConfig, MistralForCausalLM, Qwen2Config, Qwen2ForCausalLM

from sites import sites

here = os.path.dirname(os.path.abspath(__file__))
folder = sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, 'fixtures')
tokenizers = os.path.join(here, '..', '..', '..', '..', 'tokenizers', 'fixtures')
torch.set_num_threads(1)

V = 40
gpt2 = dict(n_layer=2, n_head=4, n_embd=16, n_inner=24, n_positions=12, vocab_size=V)
neox = dict(num_hidden_layers=2, num_attention_heads=2, hidden_size=16, intermediate_size=24, max_position_embeddings=12, vocab_size=V)
llama = dict(num_hidden_layers=2, num_attention_heads=4, hidden_size=16, intermediate_size=24, max_position_embeddings=12, vocab_size=V)
rope3 = dict(rope_type='llama3', factor=4.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=8)


def older(**changes):
    """Writes config.json as transformers 4 did, for what transformers 5 writes in another way."""

    def edit(at):
        path = os.path.join(at, 'config.json')
        config = json.load(open(path))
        config.pop('rope_parameters', None)
        config['torch_dtype'] = config.pop('dtype', None)
        config.update(changes)
        json.dump(config, open(path, 'w'), indent=1)

    return edit


def with_buffers(at):
    """Constants that older versions saved beside the weights, and names without the prefix."""
    path = os.path.join(at, 'model.safetensors')
    tensors = {name.removeprefix('transformer.'): value for name, value in load_file(path).items()}
    for layer in range(2):
        tensors[f'h.{layer}.attn.bias'] = torch.tril(torch.ones(12, 12, dtype=torch.uint8)).view(1, 1, 12, 12)
        tensors[f'h.{layer}.attn.masked_bias'] = torch.tensor(-10000.0)
    save_file(tensors, path, metadata={'format': 'pt'})


def neox_buffers(at):
    older(rotary_pct=1.0, rotary_emb_base=500)(at)
    path = os.path.join(at, 'model.safetensors')
    tensors = load_file(path)
    for layer in range(2):
        tensors[f'gpt_neox.layers.{layer}.attention.bias'] = torch.ones(1, 1, 12, 12, dtype=torch.bool)
        tensors[f'gpt_neox.layers.{layer}.attention.masked_bias'] = torch.tensor(-1e9)
        tensors[f'gpt_neox.layers.{layer}.attention.rotary_emb.inv_freq'] = torch.ones(4)
    save_file(tensors, path, metadata={'format': 'pt'})


# name, config, model, dtype on disk, shard size, what is done to the files, whether every site is kept
cases = [
    ('gpt2', GPT2Config(**gpt2), GPT2LMHeadModel, torch.float32, None, None, True),
    ('gpt2-untied', GPT2Config(**gpt2, tie_word_embeddings=False, layer_norm_epsilon=1e-2, activation_function='relu', scale_attn_weights=False), GPT2LMHeadModel, torch.float32, None, None, True),
    ('gpt2-inverse', GPT2Config(**gpt2, scale_attn_by_inverse_layer_idx=True, reorder_and_upcast_attn=True, activation_function='gelu'), GPT2LMHeadModel, torch.float32, None, None, True),
    ('gpt2-base', GPT2Config(**{**gpt2, 'n_inner': None}, activation_function='gelu_pytorch_tanh'), GPT2Model, torch.float32, None, with_buffers, False),
    ('gpt2-f16', GPT2Config(**gpt2), GPT2LMHeadModel, torch.float16, None, None, False),
    ('neox', GPTNeoXConfig(**neox), GPTNeoXForCausalLM, torch.float32, None, None, True),
    ('neox-sequential', GPTNeoXConfig(**neox, use_parallel_residual=False, tie_word_embeddings=True, layer_norm_eps=1e-2, hidden_act='gelu_fast'), GPTNeoXForCausalLM, torch.float32, None, older(rotary_pct=0.5, rotary_emb_base=100), True),
    ('neox-no-bias', GPTNeoXConfig(**neox, attention_bias=False), GPTNeoXForCausalLM, torch.float32, None, neox_buffers, False),
    ('neox-bf16-sharded', GPTNeoXConfig(**neox), GPTNeoXForCausalLM, torch.bfloat16, '4KB', None, False),
    ('llama', LlamaConfig(**llama), LlamaForCausalLM, torch.float32, None, older(rope_theta=10000.0, rope_scaling=None), True),
    ('llama-grouped', LlamaConfig(**llama, num_key_value_heads=2, head_dim=8, tie_word_embeddings=True, rms_norm_eps=1e-2, hidden_act='gelu'), LlamaForCausalLM, torch.float32, None, None, True),
    ('llama-multi-query', LlamaConfig(**llama, num_key_value_heads=1, attention_bias=True), LlamaForCausalLM, torch.float32, None, older(rope_theta=50.0), True),
    ('llama-3', LlamaConfig(**llama, num_key_value_heads=2, head_dim=8, rope_parameters=dict(rope_theta=100.0, **rope3)), LlamaForCausalLM, torch.float32, None, None, False),
    ('llama-3-older', LlamaConfig(**llama, head_dim=8), LlamaForCausalLM, torch.bfloat16, None, older(rope_theta=100.0, rope_scaling=rope3), False),
    ('llama-linear', LlamaConfig(**llama), LlamaForCausalLM, torch.float32, None, older(rope_theta=10000.0, rope_scaling=dict(type='linear', factor=2.5)), False),
    ('llama-f16-sharded', LlamaConfig(**llama, tie_word_embeddings=True), LlamaForCausalLM, torch.float16, '3KB', None, False),
    ('mistral', MistralConfig(**llama, num_key_value_heads=2, sliding_window=None), MistralForCausalLM, torch.float32, None, None, False),
    ('mistral-window', MistralConfig(**{**llama, 'max_position_embeddings': 64}, num_key_value_heads=2, sliding_window=6), MistralForCausalLM, torch.float32, None, None, False),
    ('qwen2', Qwen2Config(**llama, num_key_value_heads=2, tie_word_embeddings=True), Qwen2ForCausalLM, torch.float32, None, None, True),
]

# model and tokenizer: text in, logits out
texts = ['When Mary and John went to the store,', 'the', 'def f(x):\n    return 2', 'Ein Bär aß süße Äpfel']
text_cases = [
    ('text-gpt2', 'gpt2', lambda size: GPT2Config(**{**gpt2, 'n_positions': 40, 'vocab_size': size}), GPT2LMHeadModel),
    ('text-neox', 'neox', lambda size: GPTNeoXConfig(**{**neox, 'max_position_embeddings': 40, 'vocab_size': size}, tie_word_embeddings=True), GPTNeoXForCausalLM),
    ('text-llama', 'llama', lambda size: LlamaConfig(**{**llama, 'max_position_embeddings': 40, 'vocab_size': size}, num_key_value_heads=2, tie_word_embeddings=True), LlamaForCausalLM),
]


def randomise(model, seed):
    draw = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, p in model.named_parameters():
            noise = torch.randn(p.shape, generator=draw)
            norm = p.dim() == 1 and name.endswith('weight')
            p.copy_(1 + 0.3 * noise if norm else 0.4 * noise if p.dim() == 2 else 0.3 * noise)


def save(model, at, dtype, shard):
    shutil.rmtree(at, ignore_errors=True)
    model.to(dtype).save_pretrained(at, **({'max_shard_size': shard} if shard else {}))
    for extra in ('generation_config.json',):
        if os.path.exists(os.path.join(at, extra)):
            os.remove(os.path.join(at, extra))


def read(at):
    return AutoModelForCausalLM.from_pretrained(at, dtype=torch.float32, attn_implementation='eager').eval()


def padded_left(rows):
    n = max(map(len, rows))
    ids = torch.tensor([[0] * (n - len(row)) + row for row in rows])
    mask = torch.tensor([[0] * (n - len(row)) + [1] * len(row) for row in rows])
    return ids, mask, (mask.cumsum(1) - 1).clamp(min=0)


def ragged(model, rows):
    """Rows of several lengths as transformers runs them: padded on the left, masked, positions given. Moved to the left and zero beyond each row's end."""
    ids, mask, positions = padded_left(rows)
    result = model(ids, attention_mask=mask, position_ids=positions, output_attentions=True, output_hidden_states=True)
    n = ids.shape[1]
    found = {'logits': result.logits, 'blocks.1.hook_resid_pre': result.hidden_states[1]}
    aligned = {name: torch.zeros_like(value) for name, value in found.items()}
    pattern = torch.zeros_like(result.attentions[1])
    for i, row in enumerate(rows):
        k = len(row)
        for name, value in found.items():
            aligned[name][i, :k] = value[i, n - k:]
        pattern[i, :, :k, :k] = result.attentions[1][i, :, n - k:, n - k:]
    return {**aligned, 'blocks.1.attn.hook_pattern': pattern}


kept_without_sites = ('logits', 'blocks.1.hook_resid_post')
table = []
with torch.no_grad():
    for seed, (name, config, kind, dtype, shard, edit, every) in enumerate(cases):
        at = os.path.join(folder, name)
        model = kind(config)
        randomise(model, seed)
        save(model, at, dtype, shard)
        if edit:
            edit(at)
        model = read(at)
        draw = torch.Generator().manual_seed(1000 + seed)
        inputs = torch.randint(V, (2, 6), generator=draw)
        rows = [torch.randint(V, (n,), generator=draw).tolist() for n in (6, 2, 4)]
        golden = sites(model, inputs)
        if not every:
            golden = {site: golden[site] for site in kept_without_sites}
        golden.update({f'ragged.{site}': value for site, value in ragged(model, rows).items()})
        save_file({site: value.float().contiguous().clone() for site, value in golden.items()}, os.path.join(at, 'golden.safetensors'))
        table.append({'name': name, 'inputs': inputs.tolist(), 'ragged': rows, 'every': every})
    text_table = []
    for seed, (name, tokenizer, config, kind) in enumerate(text_cases):
        at = os.path.join(folder, name)
        size = len(json.load(open(os.path.join(tokenizers, tokenizer, 'tokenizer.json')))['model']['vocab'])
        added = [t['id'] + 1 for t in json.load(open(os.path.join(tokenizers, tokenizer, 'tokenizer.json')))['added_tokens']]
        model = kind(config(max([size, *added])))
        randomise(model, 100 + seed)
        save(model, at, torch.bfloat16, None)
        for file in ('tokenizer.json', 'tokenizer_config.json'):
            shutil.copy(os.path.join(tokenizers, tokenizer, file), at)
        model = read(at)
        fast = AutoTokenizer.from_pretrained(at)
        fast.pad_token = fast.pad_token or fast.eos_token
        fast.padding_side = 'left'
        batch = fast(texts, return_tensors='pt', padding=True)
        positions = (batch['attention_mask'].cumsum(1) - 1).clamp(min=0)
        logits = model(input_ids=batch['input_ids'], attention_mask=batch['attention_mask'], position_ids=positions).logits[:, -1]
        save_file({'last': logits.clone()}, os.path.join(at, 'golden.safetensors'))
        text_table.append({'name': name, 'texts': texts, 'tokens': [fast.encode(text) for text in texts]})
with open(os.path.join(folder, 'cases.json'), 'w') as f:
    json.dump({'cases': table, 'texts': text_table}, f, separators=(',', ':'))
    f.write('\n')

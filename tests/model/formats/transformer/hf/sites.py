"""Every site of TransformerLens as transformers computes it, by hooks on its modules."""
import torch
from transformers.models.gpt_neox import modeling_gpt_neox
from transformers.models.llama import modeling_llama
from transformers.models.mistral import modeling_mistral
from transformers.models.qwen2 import modeling_qwen2


def sites(model, ids):
    """Every site of TransformerLens on a batch of equal lengths, by hooks on transformers' modules."""
    kind = model.config.model_type
    c = model.config
    got = {}
    handles = []

    def out(module, *names, f=lambda y: y):
        def hook(_, inputs, output):
            y = output[0] if isinstance(output, tuple) else output
            for name in names:
                got[name] = f(y)
        handles.append(module.register_forward_hook(hook))

    def into(module, *names, f=lambda y: y):
        def hook(_, inputs, kwargs):
            x = inputs[0] if inputs else kwargs['hidden_states']
            for name in names:
                got[name] = f(x)
        handles.append(module.register_forward_pre_hook(hook, with_kwargs=True))

    def norm(module, name, rms):
        """As TransformerLens since version 3 has it: hook_normalized is what the weights are applied to. That they give the module's output is asserted."""

        def scale(x):
            centred = x if rms else x - x.mean(-1, keepdim=True)
            return centred, (centred.pow(2).mean(-1, keepdim=True) + (module.variance_epsilon if rms else module.eps)).sqrt()

        def check(y):
            own = got[f'{name}.hook_normalized'] * module.weight + (0 if rms else module.bias)
            assert torch.allclose(y, own, atol=1e-5), name
            return y
        into(module, f'{name}.hook_scale', f=lambda x: scale(x)[1])
        into(module, f'{name}.hook_normalized', f=lambda x: scale(x)[0] / scale(x)[1])
        out(module, f'{name} output', f=check)

    H = c.num_attention_heads
    heads = lambda y, n=H: y.view(*y.shape[:2], n, -1)
    rotated = []
    modules = {'gpt_neox': modeling_gpt_neox, 'llama': modeling_llama, 'mistral': modeling_mistral, 'qwen2': modeling_qwen2}
    if kind in modules:
        original = modules[kind].apply_rotary_pos_emb

        def rotate(*args, **kwargs):
            rotated.append(original(*args, **kwargs))
            return rotated[-1]
        modules[kind].apply_rotary_pos_emb = rotate

    W_O = []
    if kind == 'gpt2':
        base = model.transformer
        out(base.wte, 'hook_embed')
        out(base.wpe, 'hook_pos_embed', f=lambda y: y.expand(ids.shape[0], -1, -1))
        norm(base.ln_f, 'ln_final', False)
        for l, block in enumerate(base.h):
            b = f'blocks.{l}'
            into(block, f'{b}.hook_resid_pre')
            norm(block.ln_1, f'{b}.ln1', False)
            for i, k in enumerate('qkv'):
                out(block.attn.c_attn, f'{b}.attn.hook_{k}', f=lambda y, i=i: heads(y.split(c.n_embd, -1)[i]))
            into(block.attn.c_proj, f'{b}.attn.hook_z', f=heads)
            W_O.append(block.attn.c_proj.weight)
            out(block.attn, f'{b}.hook_attn_out')
            into(block.ln_2, f'{b}.hook_resid_mid', f'{b}.hook_mlp_in')
            norm(block.ln_2, f'{b}.ln2', False)
            out(block.mlp.c_fc, f'{b}.mlp.hook_pre')
            out(block.mlp.act, f'{b}.mlp.hook_post')
            out(block.mlp, f'{b}.hook_mlp_out')
            out(block, f'{b}.hook_resid_post')
    elif kind == 'gpt_neox':
        base = model.gpt_neox
        out(base.embed_in, 'hook_embed')
        norm(base.final_layer_norm, 'ln_final', False)
        for l, block in enumerate(base.layers):
            b = f'blocks.{l}'
            into(block, f'{b}.hook_resid_pre')
            norm(block.input_layernorm, f'{b}.ln1', False)
            for i, k in enumerate('qkv'):
                out(block.attention.query_key_value, f'{b}.attn.hook_{k}', f=lambda y, i=i: heads(y).chunk(3, -1)[i])
            into(block.attention.dense, f'{b}.attn.hook_z', f=heads)
            W_O.append(block.attention.dense.weight.T)
            out(block.attention, f'{b}.hook_attn_out')
            into(block.post_attention_layernorm, f'{b}.hook_mlp_in', *([] if c.use_parallel_residual else [f'{b}.hook_resid_mid']))
            norm(block.post_attention_layernorm, f'{b}.ln2', False)
            out(block.mlp.dense_h_to_4h, f'{b}.mlp.hook_pre')
            out(block.mlp.act, f'{b}.mlp.hook_post')
            out(block.mlp, f'{b}.hook_mlp_out')
            out(block, f'{b}.hook_resid_post')
    else:
        base = model.model
        out(base.embed_tokens, 'hook_embed')
        norm(base.norm, 'ln_final', True)
        G = c.num_key_value_heads
        for l, block in enumerate(base.layers):
            b = f'blocks.{l}'
            into(block, f'{b}.hook_resid_pre')
            norm(block.input_layernorm, f'{b}.ln1', True)
            for k, n in (('q', H), ('k', G), ('v', G)):
                out(getattr(block.self_attn, f'{k}_proj'), f'{b}.attn.hook_{k}', f=lambda y, n=n: heads(y, n))
            into(block.self_attn.o_proj, f'{b}.attn.hook_z', f=heads)
            W_O.append(block.self_attn.o_proj.weight.T)
            out(block.self_attn, f'{b}.hook_attn_out')
            into(block.post_attention_layernorm, f'{b}.hook_resid_mid', f'{b}.hook_mlp_in')
            norm(block.post_attention_layernorm, f'{b}.ln2', True)
            out(block.mlp.gate_proj, f'{b}.mlp.hook_pre')
            out(block.mlp.up_proj, f'{b}.mlp.hook_pre_linear')
            into(block.mlp.down_proj, f'{b}.mlp.hook_post')
            out(block.mlp, f'{b}.hook_mlp_out')
            out(block, f'{b}.hook_resid_post')
    try:
        result = model(ids, output_attentions=True, output_hidden_states=True)
    finally:
        for handle in handles:
            handle.remove()
        if kind in modules:
            modules[kind].apply_rotary_pos_emb = original
    L = ids.shape[1]
    future = torch.ones(L, L, dtype=torch.bool).triu(1)
    for l in range(c.num_hidden_layers):
        b = f'blocks.{l}'
        got[f'{b}.attn.hook_pattern'] = result.attentions[l]
        # what transformers returns as hidden states, but for the last, which is normalised
        assert torch.equal(result.hidden_states[l], got[f'{b}.hook_resid_pre'])
        q, k = (got[f'{b}.attn.hook_q'].transpose(1, 2), got[f'{b}.attn.hook_k'].transpose(1, 2))
        if rotated:
            q, k = rotated[l]
            got[f'{b}.attn.hook_rot_q'], got[f'{b}.attn.hook_rot_k'] = q.transpose(1, 2), k.transpose(1, 2)
        attn = {'gpt2': lambda: base.h[l].attn, 'gpt_neox': lambda: base.layers[l].attention}.get(kind, lambda: base.layers[l].self_attn)()
        scores = q @ k.repeat_interleave(H // k.shape[1], 1).transpose(2, 3) * attn.scaling
        got[f'{b}.attn.hook_attn_scores'] = scores.masked_fill(future, float('-inf'))
        z = got[f'{b}.attn.hook_z']
        got[f'{b}.attn.hook_result'] = torch.einsum('bshk,hkd->bshd', z, W_O[l].view(H, z.shape[-1], -1))
    assert torch.equal(result.hidden_states[-1], got['ln_final output'])
    got['logits'] = result.logits
    return {name: value for name, value in got.items() if not name.endswith(' output')}

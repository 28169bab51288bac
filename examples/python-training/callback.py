"""
The same for Hugging Face's Trainer: a fingerprint with every checkpoint.
  trainer = Trainer(..., callbacks=[FingerprintCallback("inputs.safetensors")])
"""
import pathlib

from congruity_fingerprint import BehaviourError, fingerprint, read_inputs, transformer_parts
from congruity_fingerprint.torch import Site, TorchModel
from transformers import TrainerCallback


def gpt2(network, name):
    """
    The sites of a GPT2LMHeadModel. Its attention pattern passes through a module only if the model is made with
    attn_implementation="eager" and reorder_and_upcast_attn=True; otherwise it is not among the sites.
    """
    config = network.config
    patterned = config.reorder_and_upcast_attn and config._attn_implementation == "eager"
    sites = {}
    for i, block in enumerate(network.transformer.h):
        at = f"blocks.{i}"
        sites |= {
            f"{at}.hook_resid_pre": Site(block, on="input"),
            f"{at}.attn.hook_z": Site(block.attn.c_proj, on="input", heads=config.n_head),
            f"{at}.hook_attn_out": Site(block.attn.c_proj),
            f"{at}.mlp.hook_post": Site(block.mlp.c_proj, on="input"),
            f"{at}.hook_mlp_out": Site(block.mlp.c_proj),
            f"{at}.hook_resid_post": Site(block),
        }
        if patterned:
            sites[f"{at}.attn.hook_pattern"] = Site(block.attn.attn_dropout, axes=("head", "query", "key"))
    return TorchModel(
        network,
        sites,
        parts=transformer_parts(config.n_layer, config.n_head, config.n_inner or 4 * config.n_embd),
        representation=["blocks.0.hook_resid_pre", *(f"blocks.{i}.hook_resid_post" for i in range(config.n_layer))],
        name=name,
    )


class FingerprintCallback(TrainerCallback):
    """
    inputs: what `congruity export-inputs` wrote. model_of: from the network and a name to its TorchModel.
    A checkpoint that does not do the task yet has no fingerprint, which is printed; anything else that is wrong ends the training.
    """

    def __init__(self, inputs, model_of=gpt2, folder="baselines"):
        self.inputs, self.model_of, self.folder = read_inputs(inputs), model_of, pathlib.Path(folder)

    def on_save(self, args, state, control, model=None, **_):
        if not state.is_world_process_zero:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        name = f"step-{state.global_step}"
        try:
            fingerprint(self.inputs, self.model_of(model, name), self.folder / f"{name}.safetensors")
        except BehaviourError as error:
            print(f"{name}: no fingerprint. {error.what}")

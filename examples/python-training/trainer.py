"""
Trains a small GPT-2 with Hugging Face's Trainer to say the first of two tokens again, with a fingerprint at every checkpoint.
  python3 trainer.py inputs.safetensors baselines checkpoints
"""
import pathlib
import sys

here = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(here.parent.parent / "python"))

import torch
from transformers import GPT2Config, GPT2LMHeadModel, Trainer, TrainingArguments

from callback import FingerprintCallback

TOKENS = 12


def examples(count, seed=0):
    """Two tokens and the first one again, which alone is to be learned."""
    drawn = torch.randint(TOKENS, (count, 2), generator=torch.Generator().manual_seed(seed))
    ids = torch.cat([drawn, drawn[:, :1]], 1)
    labels = ids.clone()
    labels[:, :2] = -100
    return [{"input_ids": row, "labels": label} for row, label in zip(ids, labels)]


def main(inputs, baselines, checkpoints):
    torch.set_num_threads(1)
    torch.manual_seed(0)
    config = GPT2Config(
        vocab_size=TOKENS,
        n_positions=4,
        n_embd=32,
        n_layer=2,
        n_head=2,
        bos_token_id=None,
        eos_token_id=None,
        attn_implementation="eager",
        reorder_and_upcast_attn=True,
    )
    trainer = Trainer(
        GPT2LMHeadModel(config),
        TrainingArguments(
            checkpoints,
            max_steps=240,
            save_steps=40,
            learning_rate=3e-3,
            per_device_train_batch_size=48,
            use_cpu=True,
            seed=1,
            report_to="none",
            disable_tqdm=True,
            dataloader_num_workers=0,
        ),
        train_dataset=examples(2000),
        callbacks=[FingerprintCallback(inputs, folder=baselines)],
    )
    trainer.train()


if __name__ == "__main__":
    main(*sys.argv[1:4])

/** Rotary embedding in a Hugging Face config.json. */
import { ModelError } from '../../../../../errors.js';
import type { TransformerConfigInput } from '../../graph/config.js';
import type { Keys } from './keys.js';

/** The one value that several places give, or the default. */
function agreed(keys: Keys, name: string, given: readonly (number | undefined)[], otherwise: number): number {
  const values = new Set(given.filter((value) => value !== undefined));
  if (values.size > 1)
    throw new ModelError({
      what: `the config gives ${name} as ${[...values].join(' and as ')}`,
      where: keys.where,
      hint: 'leave one of them',
    });
  return [...values][0] ?? otherwise;
}

/** Rotary embedding, from the keys of transformers 4 (rope_theta, rope_scaling, rotary_pct, ...) or 5 (rope_parameters). */
export function rotary(keys: Keys, headWidth: number, defaultPart: number, partial: boolean): TransformerConfigInput {
  const older = keys.group('rope_scaling');
  const newer = keys.group('rope_parameters');
  if (older !== undefined && newer !== undefined)
    keys.refuse('rope_scaling', 'the config has rope_parameters too', 'leave one of them');
  const scaling = older ?? newer;
  const base = agreed(
    keys,
    'the base of the rotary embedding',
    [keys.positive('rope_theta'), keys.positive('rotary_emb_base'), scaling?.positive('rope_theta')],
    10000,
  );
  const part = agreed(
    keys,
    'the rotated part of a head',
    [keys.positive('rotary_pct'), keys.positive('partial_rotary_factor'), scaling?.positive('partial_rotary_factor')],
    defaultPart,
  );
  if (part > 1 || (!partial && part !== 1)) {
    throw new ModelError({
      what: `rotating ${part} of a head is not supported in this kind of model`,
      where: keys.where,
      hint: 'use a model that rotates whole heads',
    });
  }
  const rotated = Math.floor(headWidth * part);
  if (rotated < 2 || rotated % 2 !== 0) {
    throw new ModelError({
      what: `${part} of a head of width ${headWidth} are ${rotated} features, which cannot be rotated in pairs`,
      where: keys.where,
      hint: 'config.json must be the one that was saved with the weights',
    });
  }
  const config = {
    positional_embedding_type: 'rotary',
    rotary_dim: rotated,
    rotary_base: base,
    rotary_adjacent_pairs: false,
  };
  if (scaling === undefined) return config;
  const kind = scaling.text('rope_type', scaling.text('type', 'default'));
  if (kind === 'default') {
    scaling.nothingLeft();
    return config;
  }
  if (kind === 'linear') {
    const linear = { ...config, rotary_scaling_factor: scaling.number('factor') };
    scaling.nothingLeft();
    return linear;
  }
  if (kind !== 'llama3')
    keys.refuse(
      older !== undefined ? 'rope_scaling' : 'rope_parameters',
      'of the ways to stretch a rotary embedding linear and llama3 are known',
    );
  const stretched = {
    ...config,
    use_NTK_by_parts_rope: true,
    NTK_by_parts_factor: scaling.number('factor'),
    NTK_by_parts_low_freq_factor: scaling.number('low_freq_factor'),
    NTK_by_parts_high_freq_factor: scaling.number('high_freq_factor'),
    NTK_original_ctx_len: scaling.size('original_max_position_embeddings'),
  };
  if (stretched.NTK_by_parts_high_freq_factor <= stretched.NTK_by_parts_low_freq_factor)
    scaling.refuse('high_freq_factor', 'it must be larger than low_freq_factor');
  scaling.nothingLeft();
  return stretched;
}

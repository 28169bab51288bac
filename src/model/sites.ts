/** The activations of a transformer, by TransformerLens's names, in the order in which they are computed. */
import type { TransformerConfig } from './config.js';
import type { Axis, Site } from './model.js';
import { nearest } from '../options.js';

/** Inputs of the heads, one copy per head: sites that stand before the first normalisation. */
export const headInputs = ['hook_attn_in', 'hook_q_input', 'hook_k_input', 'hook_v_input'] as const;

/** -1 stands for the length of the input. */
const length = -1;

export function sitesOf(config: TransformerConfig): readonly Site[] {
  const { n_heads, d_head, d_model, d_mlp, n_layers } = config;
  const sites: Site[] = [];
  const add = (name: string, axes: readonly Axis[], shape: readonly number[]) => {
    const layer = /^blocks\.(\d+)\./.exec(name)?.[1];
    sites.push({ name, axes, shape, layer: layer === undefined ? undefined : Number(layer) });
  };
  const residual = (name: string, width = d_model) => add(name, ['position', 'feature'], [length, width]);
  const perHead = (name: string, width: number) => add(name, ['position', 'head', 'feature'], [length, n_heads, width]);
  const attention = (name: string) => add(name, ['head', 'query', 'key'], [n_heads, length, length]);
  const norm = (name: string) => {
    if (config.normalization_type === null) return;
    residual(`${name}.hook_scale`, 1);
    residual(`${name}.hook_normalized`);
  };
  residual('hook_embed');
  residual('hook_pos_embed');
  for (let layer = 0; layer < n_layers; layer++) {
    const block = `blocks.${layer}`;
    residual(`${block}.hook_resid_pre`);
    for (const name of headInputs) perHead(`${block}.${name}`, d_model);
    norm(`${block}.ln1`);
    for (const name of ['hook_q', 'hook_k', 'hook_v']) perHead(`${block}.attn.${name}`, d_head);
    attention(`${block}.attn.hook_attn_scores`);
    attention(`${block}.attn.hook_pattern`);
    perHead(`${block}.attn.hook_z`, d_head);
    perHead(`${block}.attn.hook_result`, d_model);
    residual(`${block}.hook_attn_out`);
    if (!config.attn_only) {
      residual(`${block}.hook_resid_mid`);
      residual(`${block}.hook_mlp_in`);
      norm(`${block}.ln2`);
      residual(`${block}.mlp.hook_pre`, d_mlp);
      residual(`${block}.mlp.hook_post`, d_mlp);
      residual(`${block}.hook_mlp_out`);
    }
    residual(`${block}.hook_resid_post`);
  }
  norm('ln_final');
  return sites;
}

/** The embedding, then the residual stream after every layer. */
export function residualSites(config: TransformerConfig): readonly string[] {
  return ['blocks.0.hook_resid_pre', ...Array.from({ length: config.n_layers }, (_, layer) => `blocks.${layer}.hook_resid_post`)];
}

export function nearestSite(name: unknown, sites: ReadonlyMap<string, Site>): string {
  return nearest(String(name), [...sites.keys()]) ?? 'none';
}

/** The activations of a transformer, by TransformerLens's names, in the order in which they are computed. */
import type { TransformerConfig } from './config.js';
import { InterventionError } from '../../../../errors.js';
import type { SiteChange } from '../../../interventions.js';
import type { Axis, ComponentFamily, Site } from '../../../model.js';

/** Inputs of the heads, one copy per head: sites that stand before the first normalisation. */
export const headInputs = ['hook_attn_in', 'hook_q_input', 'hook_k_input', 'hook_v_input'] as const;

/** -1 stands for the length of the input. */
const length = -1;

export function sitesOf(config: TransformerConfig): readonly Site[] {
  const { n_heads, n_key_value_heads, d_head, d_model, d_mlp, n_layers } = config;
  const sites: Site[] = [];
  const add = (name: string, axes: readonly Axis[], shape: readonly number[]) => {
    const layer = /^blocks\.(\d+)\./.exec(name)?.[1];
    sites.push({ name, axes, shape, layer: layer === undefined ? undefined : Number(layer) });
  };
  const residual = (name: string, width = d_model) => add(name, ['position', 'feature'], [length, width]);
  const perHead = (name: string, width: number, heads = n_heads) =>
    add(name, ['position', 'head', 'feature'], [length, heads, width]);
  const attention = (name: string) => add(name, ['head', 'query', 'key'], [n_heads, length, length]);
  const norm = (name: string) => {
    if (config.normalization_type === null) return;
    residual(`${name}.hook_scale`, 1);
    residual(`${name}.hook_normalized`);
  };
  const attend = (block: string) => {
    // as in TransformerLens, which has no common input of the heads where they share keys and values
    if (n_key_value_heads === n_heads) perHead(`${block}.hook_attn_in`, d_model);
    perHead(`${block}.hook_q_input`, d_model);
    for (const name of ['hook_k_input', 'hook_v_input']) perHead(`${block}.${name}`, d_model, n_key_value_heads);
    norm(`${block}.ln1`);
    perHead(`${block}.attn.hook_q`, d_head);
    for (const name of ['hook_k', 'hook_v']) perHead(`${block}.attn.${name}`, d_head, n_key_value_heads);
    if (config.positional_embedding_type === 'rotary') {
      perHead(`${block}.attn.hook_rot_q`, d_head);
      perHead(`${block}.attn.hook_rot_k`, d_head, n_key_value_heads);
    }
    attention(`${block}.attn.hook_attn_scores`);
    attention(`${block}.attn.hook_pattern`);
    perHead(`${block}.attn.hook_z`, d_head);
    perHead(`${block}.attn.hook_result`, d_model);
    residual(`${block}.hook_attn_out`);
  };
  const think = (block: string) => {
    residual(`${block}.hook_mlp_in`);
    norm(`${block}.ln2`);
    residual(`${block}.mlp.hook_pre`, d_mlp);
    if (config.gated_mlp) residual(`${block}.mlp.hook_pre_linear`, d_mlp);
    residual(`${block}.mlp.hook_post`, d_mlp);
    residual(`${block}.hook_mlp_out`);
  };
  residual('hook_embed');
  if (config.positional_embedding_type === 'standard') residual('hook_pos_embed');
  for (let layer = 0; layer < n_layers; layer++) {
    const block = `blocks.${layer}`;
    residual(`${block}.hook_resid_pre`);
    attend(block);
    if (!config.attn_only) {
      if (!config.parallel_attn_mlp) residual(`${block}.hook_resid_mid`);
      think(block);
    }
    residual(`${block}.hook_resid_post`);
  }
  norm('ln_final');
  return sites;
}

/** The embedding, then the residual stream after every layer. */
export function residualSites(config: TransformerConfig): readonly string[] {
  return [
    'blocks.0.hook_resid_pre',
    ...Array.from({ length: config.n_layers }, (_, layer) => `blocks.${layer}.hook_resid_post`),
  ];
}

/** Heads and neurons, layer by layer, and the attention and MLP layers as wholes. */
export function partsOf(config: TransformerConfig): readonly ComponentFamily[] {
  return Array.from({ length: config.n_layers }, (_, layer): ComponentFamily[] => {
    const block = `blocks.${layer}`;
    const attention: ComponentFamily[] = [
      { kind: 'head', name: `${block}.attn.head`, site: `${block}.attn.hook_z`, axis: 'head', count: config.n_heads },
      { kind: 'layer', name: `${block}.attn`, site: `${block}.hook_attn_out`, count: 1 },
    ];
    if (config.attn_only) return attention;
    return [
      ...attention,
      {
        kind: 'neuron',
        name: `${block}.mlp.neuron`,
        site: `${block}.mlp.hook_post`,
        axis: 'feature',
        count: config.d_mlp,
      },
      { kind: 'layer', name: `${block}.mlp`, site: `${block}.hook_mlp_out`, count: 1 },
    ];
  }).flat();
}

/**
 * Inputs of single heads are normalised once per head, so that a layer's one `ln1` no longer exists.
 * @throws InterventionError where a run asks for both
 */
export function checkHeadInputs(changes: readonly SiteChange[], touched: Iterable<string>): void {
  const layers = new Map<string, string>();
  for (const { site } of changes) {
    const [, block, name] = /^(blocks\.\d+)\.(.+)$/.exec(site.name) ?? [];
    if (block !== undefined && (headInputs as readonly string[]).includes(name!)) layers.set(block, site.name);
  }
  for (const name of touched) {
    const cause = layers.get(/^(blocks\.\d+)\.ln1\./.exec(name)?.[1] ?? '');
    if (cause !== undefined)
      throw new InterventionError({
        what: `${name} cannot be read or changed in a run that intervenes on ${cause}: every head then has a normalisation of its own`,
        where: name,
        hint: 'do the two in separate runs',
      });
  }
}

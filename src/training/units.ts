/** The components that no variable is aligned to. */
import type { TransformerConfig } from '../model/formats/transformer/graph/config.js';
import type { Part } from '../program/alignment.js';
import type { Placed } from '../program/interchange/placed.js';

/** What is taken from a source at once: a head, or the neurons of a layer. */
export interface Unit {
  /** `blocks.0.attn.head.1`, or `12 neurons of blocks.0.mlp` */
  readonly name: string;
  readonly part: Part;
}

/** Indices below `count` that no part at the site selects on the axis. */
function free(placed: readonly Placed[], site: string, axis: string, count: number): number[] {
  const taken = new Set(
    placed.flatMap(({ parts }) =>
      parts
        .filter((part) => part.site.name === site)
        .flatMap(({ at }) => at[axis] ?? Array.from({ length: count }, (_, i) => i)),
    ),
  );
  return Array.from({ length: count }, (_, i) => i).filter((i) => !taken.has(i));
}

/**
 * Heads and neurons that no variable is aligned to: each head by itself, and the neurons of each layer together. Undefined for an alignment with parts at other sites: what
 * heads and neurons such a part is made of, nobody says.
 */
export function unitsOf(config: TransformerConfig, placed: readonly Placed[]): readonly Unit[] | undefined {
  const sites = new Set(placed.flatMap(({ parts }) => parts.map(({ site }) => site.name)));
  const units: Unit[] = [];
  for (let layer = 0; layer < config.n_layers; layer++) {
    const [z, post] = [`blocks.${layer}.attn.hook_z`, `blocks.${layer}.mlp.hook_post`];
    sites.delete(z);
    sites.delete(post);
    for (const head of free(placed, z, 'head', config.n_heads))
      units.push({ name: `blocks.${layer}.attn.head.${head}`, part: { site: z, at: { head: [head] } } });
    const neurons = free(placed, post, 'feature', config.d_mlp);
    if (neurons.length > 0)
      units.push({
        name: `${neurons.length} neurons of blocks.${layer}.mlp`,
        part: { site: post, at: { feature: neurons } },
      });
  }
  return sites.size > 0 ? undefined : units;
}

/** A transformer before it has weights: features of the residual stream, heads and neurons, block by block. */
import { CompilationError } from '../../errors.js';
import type { Op } from '../language/op.js';
import { pointing } from '../language/print.js';
import type { Sizes } from './sizes.js';

/** What a part reads or writes: features of the residual stream, or dimensions of a head, and weights. */
export type Terms = readonly (readonly [at: number, weight: number])[];

/** Between two indices, with a weight. */
export type Entries = readonly (readonly [from: number, to: number, weight: number])[];

export interface Head {
  /** from features to the head's dimensions */
  readonly query: Entries;
  readonly queryBias: Terms;
  readonly key: Entries;
  readonly value: Entries;
  /** from the head's dimensions to features */
  readonly out: Entries;
}

/** relu(bias + what it reads), written. */
export interface Neuron {
  readonly reads: Terms;
  readonly bias: number;
  readonly writes: Terms;
}

const lastOf = (entries: Entries, at: 0 | 1): number =>
  entries.reduce((most, entry) => Math.max(most, entry[at] + 1), 0);

/** Dimensions that a head needs. */
export const dimensionsOf = ({ query, key, value, out }: Head): number =>
  Math.max(lastOf(query, 1), lastOf(key, 1), lastOf(value, 1), lastOf(out, 0));

/** Half of the blocks' steps: 0 for the embedding, 2 l + 1 after the attention of block l, 2 l + 2 after its MLP. */
export type Time = number;

export class Wiring {
  /** 1 at the beginning, 0 everywhere else; every other feature is 0 at the beginning after each block */
  readonly beginning = 0;
  /** whose each feature is; nobody's is the beginning */
  readonly owners: (Op | undefined)[] = [undefined];
  private readonly mixtures: Terms[] = [];
  readonly heads: Head[][] = [];
  readonly neurons: Neuron[][] = [];
  /** which component is whose, by the owner */
  readonly components = new Map<Op, string[]>();

  /** @param delays blocks by which the parts of an operation come later than they could */
  constructor(
    private readonly limits: Partial<Sizes>,
    private readonly delays: ReadonlyMap<Op, number> = new Map(),
  ) {}

  get features(): number {
    return this.owners.length;
  }
  get blocks(): number {
    return Math.max(this.heads.length, this.neurons.length);
  }

  /** New features of the residual stream. @throws CompilationError beyond the limit, as what follows does */
  allocate(count: number, owner: Op): number[] {
    const from = this.owners.length;
    for (let i = 0; i < count; i++) this.owners.push(owner);
    this.hold('d_model', this.owners.length, owner);
    return Array.from({ length: count }, (_, i) => from + i);
  }

  /** What is read or written like a feature, and stands for several: so much of each. */
  mixture(terms: Terms): number {
    return -this.mixtures.push(terms);
  }
  /** The features that a feature, or a mixture, is. */
  termsOf(feature: number): Terms {
    return feature < 0 ? this.mixtures[-1 - feature]! : [[feature, 1]];
  }

  /** The first block whose attention finds what is there at this time. */
  attentionAfter(time: Time, owner: Op): number {
    return Math.ceil(time / 2) + (this.delays.get(owner) ?? 0);
  }
  /** The first block whose MLP does. */
  mlpAfter(time: Time, owner: Op): number {
    return Math.max(0, Math.ceil((time - 1) / 2)) + (this.delays.get(owner) ?? 0);
  }

  head(block: number, owner: Op, head: Head): Time {
    const there = (this.heads[block] ??= []);
    this.hold('n_layers', block + 1, owner);
    this.hold('n_heads', there.length + 1, owner);
    this.hold('d_head', Math.max(dimensionsOf(head), 1), owner);
    this.own(owner, `blocks.${block}.attn.head.${there.length}`);
    there.push(head);
    return 2 * block + 1;
  }

  neuron(block: number, owner: Op, neuron: Neuron): Time {
    const there = (this.neurons[block] ??= []);
    this.hold('n_layers', block + 1, owner);
    this.hold('d_mlp', there.length + 1, owner);
    this.own(owner, `blocks.${block}.mlp.neuron.${there.length}`);
    there.push(neuron);
    return 2 * block + 2;
  }

  private hold(size: keyof Sizes, reached: number, owner: Op): void {
    const limit = this.limits[size] ?? Infinity;
    if (reached > limit)
      throw new CompilationError({
        what: `the transformer takes ${size} beyond its limit of ${limit}`,
        where: pointing(owner),
        hint: `raise ${size} in \`limits\` or \`architecture\`, lower maxLength, or let the program have fewer values`,
      });
  }

  private own(owner: Op, name: string): void {
    const names = this.components.get(owner);
    if (names) names.push(name);
    else this.components.set(owner, [name]);
  }
}

/** The residual site where what is written at a time is first seen. */
export const siteAt = (time: Time): string =>
  time === 0
    ? 'blocks.0.hook_resid_pre'
    : `blocks.${Math.floor((time - 1) / 2)}.hook_resid_${time % 2 === 1 ? 'mid' : 'post'}`;

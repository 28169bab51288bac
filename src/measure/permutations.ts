/** Groups of permutations of the inputs. Under g, input i is answered as input g[i] was. */
import { OptionError } from '../errors.js';

/** A permutation whose product with g is the identity, for each member g of a group: its place. */
export function inversesOf(group: readonly Uint32Array[]): Uint32Array {
  const places = new Map(group.map((g, at) => [hash(g), at]));
  return Uint32Array.from(group, (g) => {
    const back = new Uint32Array(g.length);
    g.forEach((to, i) => (back[to] = i));
    return places.get(hash(back))!;
  });
}

/** @throws OptionError for what is not a group of permutations of 0..n-1, each once, with the identity first; none at all is one */
export function checkGroup(group: readonly Uint32Array[]): void {
  const fail = (what: string): never => {
    throw new OptionError({ what, where: 'relabellings', hint: 'give what task.relabellings(examples) returns' });
  };
  const first = group[0];
  if (!first) return;
  if (first.some((to, i) => to !== i)) fail('The first relabelling is not the identity.');
  const n = first.length;
  for (const [at, g] of group.entries()) {
    const taken = new Uint8Array(n);
    for (const to of g) if (to < n) taken[to] = 1;
    if (g.length !== n || taken.includes(0)) fail(`Relabelling ${at} is no permutation of 0..${n - 1}.`);
  }
  const members = new Set(group.map((g) => hash(g)));
  if (members.size !== group.length) fail('A relabelling is there twice.');
  // finite and closed under products: a group
  for (const g of group)
    for (const h of group) if (!members.has(hash(g, h))) fail('The relabellings are not closed under composition.');
}

/** A group as left cosets of a cyclic subgroup as large as there is. */
export interface Cosets {
  /** a generator c of the subgroup, and its order */
  readonly cycle: Uint32Array;
  readonly order: number;
  /** representatives a; places[k] is where the group has a c^k, i -> a[c^k[i]] */
  readonly cosets: readonly { readonly by: Uint32Array; readonly places: Uint32Array }[];
}

export function cyclicCosets(group: readonly Uint32Array[]): Cosets {
  let cycle = group[0]!;
  let order = 1;
  for (const g of group) {
    const own = orderOf(g);
    if (own > order) [cycle, order] = [g, own];
  }
  const powers = [group[0]!];
  for (let k = 1; k < order; k++) powers.push(powers[k - 1]!.map((i) => cycle[i]!));
  const places = new Map(group.map((g, at) => [hash(g), at]));
  const taken = new Uint8Array(group.length);
  const cosets = group.flatMap((by, at) => {
    if (taken[at]) return [];
    const members = Uint32Array.from(powers, (power) => places.get(hash(by, power))!);
    for (const member of members) taken[member] = 1;
    return [{ by, places: members }];
  });
  return { cycle, order, cosets };
}

/** the least common multiple of the lengths of the cycles */
function orderOf(g: Uint32Array): number {
  const seen = new Uint8Array(g.length);
  let order = 1;
  for (let start = 0; start < g.length; start++) {
    let length = 0;
    for (let i = start; seen[i] === 0; i = g[i]!, length++) seen[i] = 1;
    if (length > 1) order *= length / divisor(order, length);
  }
  return order;
}

const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));

const { imul } = Math;

/** 53 bits of a permutation, or of the product i -> g[after[i]]: enough to tell a few hundred apart */
function hash(g: Uint32Array, after?: Uint32Array): number {
  let a = 0x811c9dc5;
  let b = 0x9e3779b9;
  for (let i = 0; i < g.length; i++) {
    const x = g[after ? after[i]! : i]!;
    a = imul(a ^ x, 0x01000193);
    b = imul(b ^ (x + 0x7f4a7c15), 0x85ebca6b);
    b ^= b >>> 15;
  }
  return (a >>> 0) * 2 ** 21 + (b >>> 11);
}

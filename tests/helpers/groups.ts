/** The group that permutations of 0..n-1 generate, every member listed: brute force, for small groups. */
export function groupOf(n: number, generators: readonly Uint32Array[]): Uint32Array[] {
  const identity = Uint32Array.from({ length: n }, (_, i) => i);
  const group = new Map([[identity.join(), identity]]);
  // a Map goes on to what is added while it is walked
  for (const member of group.values())
    for (const by of generators) {
      const product = member.map((i) => by[i]!);
      group.set(product.join(), group.get(product.join()) ?? product);
    }
  return [...group.values()];
}

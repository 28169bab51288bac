/** At which sites two models agree and at which they part, in a sentence. */

/** The first few of many */
const few = (sites: readonly string[]): string =>
  sites.length > 4 ? `${sites.slice(0, 3).join(', ')} and ${sites.length - 3} more` : sites.join(', ');

/** `agree at A, B; part at C`, as the tolerance has it; undefined where fewer than two sites can be set side by side. Nothing is tested: distances at each site alone. */
export function sitesInWords(
  bySite: readonly { readonly site: string; readonly excess: number }[],
  margin: number,
): string | undefined {
  if (bySite.length < 2) return undefined;
  const at = (parts: boolean): string[] =>
    bySite.filter(({ excess }) => excess > margin === parts).map(({ site }) => site);
  const [agree, part] = [at(false), at(true)];
  if (part.length === 0) return 'the models agree at every site';
  if (agree.length === 0) return `the models part at every site, most at ${part[0]!}`;
  return `the models agree at ${few(agree.toReversed())}; they part at ${few(part)}`;
}

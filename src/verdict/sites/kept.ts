/** Grams of single sites, of those that are kept for a look. */
import type { Sample, SampleSource } from '../../implementations/samples.js';
import { lookedAt } from '../../implementations/looked-at.js';
import { unpackGram, type PackedGram } from '../../representation/packed-gram.js';

/** @param s the site's number, of so many */
export const packedAt = ({ keptSites }: Sample, s: number, sites: number): PackedGram =>
  keptSites[lookedAt(sites).indexOf(s)]!;

/** The implementations as a representation at one site sees them. */
export function onlyAt({ drawn, sites }: SampleSource, site: string): Sample[] {
  return drawn.map((one) => {
    const gram = unpackGram(packedAt(one, sites.indexOf(site), sites.length));
    return { ...one, gram, siteGrams: [gram] };
  });
}

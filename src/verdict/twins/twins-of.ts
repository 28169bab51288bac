/** From the draws of two models by common interventions to what their twins show. */
import { measures, type Distances } from '../../measure/index.js';
import { breathe } from '../../signal.js';
import { overInputs, ratioOverInputs } from '../../statistics/input-groups.js';
import { meanTwinRatio, median, type TwinBlock } from '../../statistics/twins.js';
import { decideTwins, withControl } from './decide.js';
import type { TwinsEvidence } from './evidence.js';
import { explainTwins } from './explain.js';
import { twinsOnGroups } from './on-groups.js';
import { cutTwins, measuredTwins, type JudgeTwinsOptions, type TwinSides } from './measured.js';
import { responded, responds } from './responses.js';
import { cosineLevels, ratioLevels, RunningTwins } from './running.js';
import { mean } from '../../statistics/mean.js';

/** The responses at each site alone, of the draws that keep their Grams per site. */
function bySite(sides: TwinSides, sites: readonly string[]): TwinsEvidence['bySite'] {
  const kept = sides[0].filter((one, w) => one.siteGrams && sides[1][w]?.siteGrams).length;
  if (kept < 2) return [];
  return sites.map((site, s) => {
    const pair = (w: number) => [sides[0][w]!.siteGrams![s]!, sides[1][w]!.siteGrams![s]!] as const;
    const found = Array.from({ length: kept - 1 }, (_, w) => responded(pair(0), pair(w + 1)));
    const cosines = found.flatMap((one) => (responds(one) ? one.cosine! : []));
    return {
      site,
      moved: [mean(found.map(({ moved }) => moved[0])), mean(found.map(({ moved }) => moved[1]))] as const,
      ...(cosines.length > 0 && { cosine: median(cosines) }),
    };
  });
}

/** What is measured of twins already. */
export interface TwinsKnown {
  readonly distances?: Distances | undefined;
  readonly onGroups?: readonly Distances[] | undefined;
  readonly blocks?: readonly TwinBlock[] | undefined;
}

/**
 * What the twins among these draws show. The rule is in docs/derived.md. Draws are taken in pairs of pairs; one that is left over counts for the means only.
 * @param sides at least two draws besides the models themselves
 * @param sites in the order of the Grams per site
 * @param known what is measured already under this measure, seed and splits: distances among [side 1, side 2, ...], and on groups of the inputs, or within the first blocks
 * @throws RepresentationError, CancelledError, as the measure
 */
export async function twinsOf(
  sides: TwinSides,
  sites: readonly string[],
  options: JudgeTwinsOptions,
  known: TwinsKnown = {},
): Promise<TwinsEvidence> {
  const { measure, levels, control: asked, signal } = options;
  const resolution = options.resolution ?? measures[measure].resolution;
  const pairs = sides[0].length - 1;
  const { blocks, twins, within, untouched } = known.distances
    ? cutTwins(known.distances, sides[0].length)
    : await measuredTwins(sides, known.blocks ?? [], options);
  const running = new RunningTwins(options);
  for (const block of blocks) {
    await breathe(signal);
    running.observe(block, sides);
  }
  const responses = [...running.responses];
  if (responses.length < pairs) {
    const pair = (w: number) => [sides[0][w]!.gram, sides[1][w]!.gram] as const;
    responses.push(responded(pair(0), pair(pairs)));
  }
  const siblings = within.map((block) =>
    Array.from(
      { length: pairs },
      (_, i) => block.subarray(i * pairs, (i + 1) * pairs).reduce((a, b) => a + b, 0) / (pairs - 1),
    ),
  ) as [number[], number[]];
  const groups = await twinsOnGroups(sides, resolution, options, known.onGroups);
  const [onRatio, onCosine] = [ratioLevels(levels), cosineLevels(levels)];
  const ratio = ratioOverInputs(running.ratio, groups?.ratio, onRatio);
  const meanRatio = ratioOverInputs(meanTwinRatio({ twins, within }, resolution, onRatio), groups?.meanRatio, onRatio);
  const cosine =
    running.cosine &&
    (groups && !groups.cosine
      ? { ...running.cosine, low: -1, high: 1 }
      : overInputs(running.cosine, groups?.cosine, onCosine, [-1, 1]));
  const withoutControl = decideTwins({ pairs, ratio, meanRatio, cosine });
  const control =
    withoutControl.outcome === 'derived'
      ? ((await asked?.evidence()) ?? { why: 'the two models were drawn apart' })
      : undefined;
  const { outcome, findings } = control ? withControl(withoutControl, control) : withoutControl;
  return {
    outcome,
    findings,
    reasons: explainTwins(findings),
    pairs,
    measure,
    resolution,
    levels,
    ratio,
    meanRatio,
    ...(cosine && { cosine }),
    ...(groups && { inputGroups: { groups: groups.ratio.values.length, undrawn: options.undrawn! } }),
    twins: mean(twins),
    siblings: [mean(siblings[0]), mean(siblings[1])],
    untouched,
    still: responses.filter((one) => !responds(one)).length,
    draws: responses.map((one, w) => ({
      distance: twins[w]!,
      siblings: [siblings[0][w]!, siblings[1][w]!] as const,
      moved: one.moved,
      ...(responds(one) && { cosine: one.cosine! }),
    })),
    trajectory: running.trajectory,
    ...(control && 'ratio' in control && { control }),
    bySite: bySite(sides, sites),
  };
}

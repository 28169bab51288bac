/** Findings about twins in words, and what to do next. */
import { interval, number, plural } from '../../format.js';
import type { TwinFinding, TwinFindingCode } from './findings.js';

type Of<C extends TwinFindingCode> = Extract<TwinFinding, { readonly code: C }>;

interface Words<F> {
  /** what came out, in a few words: of the finding that decides; of what leaves it open it begins with `undecided` */
  readonly received: (finding: F) => string;
  /** a sentence */
  readonly reason: (finding: F) => string;
  /** what would settle it */
  readonly next?: (finding: F) => string;
}

const ratioOf = ({
  numbers: { ratio },
}: {
  readonly numbers: { readonly ratio: Parameters<typeof interval>[0] };
}): string => interval(ratio);
const cosineOf = ({
  numbers: { cosine },
}: {
  readonly numbers: { readonly cosine: Parameters<typeof interval>[0] };
}): string => interval(cosine);

const atRandomOf = ({
  numbers: { cosine, atRandom },
}: {
  readonly numbers: { readonly cosine: number; readonly atRandom: number };
}): string => `response cosine ${number(cosine)}, with components paired at random ${number(atRandom)}`;

const MORE = 'more draws (`budget`)';

export const twinWords: { readonly [C in TwinFindingCode]: Words<Of<C>> } = {
  'twins-nearer': {
    received: (f) => `twin ratio ${ratioOf(f)}, below 1`,
    reason: (f) =>
      `Under the same intervention the two models are nearer to each other than one model is to itself under two interventions: twin ratio ${ratioOf(f)}.`,
  },
  'twins-farther': {
    received: (f) => `twin ratio ${ratioOf(f)}, above 1`,
    reason: (f) =>
      `Under the same intervention the two models are farther apart than one model is from itself under two interventions: twin ratio ${ratioOf(f)}.`,
  },
  'twins-open': {
    received: (f) => `undecided: twin ratio ${ratioOf(f)}, neither surely below 1 nor surely above`,
    reason: (f) => `The twin ratio, ${ratioOf(f)}, is neither surely below 1 nor surely above.`,
    next: () => MORE,
  },
  'mean-ratio-open': {
    received: (f) => `undecided: twins are mostly nearer, but on average the twin ratio is ${ratioOf(f)}`,
    reason: (f) =>
      `Most twins are nearer than implementations of one model, but some are so far apart that the ratio of the mean distances, ${ratioOf(f)}, is not surely below 1.`,
    next: () => MORE,
  },
  'responses-alike': {
    received: (f) => `response cosine ${cosineOf(f)}, above 0.5`,
    reason: (f) => `What an intervention does to one model it does to the other: response cosine ${cosineOf(f)}.`,
  },
  'responses-unlike': {
    received: (f) => `response cosine ${cosineOf(f)}, below 0.5`,
    reason: (f) =>
      `What an intervention does to one model it does not do to the other: response cosine ${cosineOf(f)}.`,
  },
  'responses-open': {
    received: (f) => `undecided: response cosine ${cosineOf(f)}, neither surely above 0.5 nor surely below`,
    reason: (f) => `The response cosine, ${cosineOf(f)}, is neither surely above 0.5 nor surely below.`,
    next: () => MORE,
  },
  'nothing-responds': {
    received: () => 'undecided: no intervention moves either model',
    reason: ({ numbers: { pairs } }) =>
      `None of ${plural(pairs, 'intervention')} moves either model's representation beyond the resolution, so that nothing shows whether they are made of the same parts.`,
    next: () => 'interventions that reach the representation: other `sites`, other components (`set`)',
  },
  'pairing-matters': {
    received: (f) => `pairing ratio ${ratioOf(f)}, below 0.5`,
    reason: (f) => `It matters which component is paired with which: ${atRandomOf(f)}, pairing ratio ${ratioOf(f)}.`,
  },
  'any-pairing': {
    received: (f) => `undecided: any pairing of components does nearly as well, pairing ratio ${ratioOf(f)}`,
    reason: (f) =>
      `The two models respond alike, but nearly as much so whichever component is paired with which, so that nothing shows that these components are the same ones: ${atRandomOf(f)}, pairing ratio ${ratioOf(f)}.`,
    next: () => '`toRespondLike`, or components that cannot stand for each other (`set.search.over`)',
  },
  'pairing-open': {
    received: (f) => `undecided: pairing ratio ${ratioOf(f)}, not surely below 0.5`,
    reason: (f) =>
      `Whether it matters which component is paired with which is not certain: ${atRandomOf(f)}, pairing ratio ${ratioOf(f)}.`,
    next: () => MORE,
  },
  'no-control': {
    received: () => 'undecided: components cannot be paired otherwise',
    reason: ({ why }) => `Nothing shows that it matters which component is paired with which: ${why}.`,
    next: () => 'smaller components, of which there are several of a kind (`set.search.over`), or `toRespondLike`',
  },
  'no-common-interventions': {
    received: () => 'undecided: no intervention can be made on both models',
    reason: ({ why }) => `No intervention can be made on both models: ${why}.`,
    next: () => 'a map that says which component is which (`map`), if the candidate was made from the other model',
  },
  'components-in-part': {
    received: ({ numbers: { pairs } }) => `undecided: only ${plural(pairs, 'component')} correspond`,
    reason: ({ numbers: { pairs, baseline, candidate } }) =>
      `${plural(pairs, 'component')} correspond, of ${baseline} and ${candidate} that the two models have; of the others nothing would be known.`,
    next: () => 'a `map` of all components, or fewer kinds of them (`set.search.over`)',
  },
  'apart-untouched': {
    received: () => 'the models differ without any intervention',
    reason: ({ numbers: { distance, siblings } }) =>
      `No intervention that was drawn moves the two models in different ways, so none is shown: they are ${number(distance)} apart without any, and one model under two interventions is ${number(siblings)} from itself.`,
  },
  'not-another-mechanism': {
    received: () => 'not derived',
    reason: () =>
      'Not derived is no evidence of another mechanism: two training runs that learnt the same are not derived from each other either.',
  },
};

const of = (finding: TwinFinding): Words<TwinFinding> => twinWords[finding.code] as Words<TwinFinding>;

/** One sentence for each finding. */
export const explainTwins = (findings: readonly TwinFinding[]): string[] =>
  findings.map((finding) => of(finding).reason(finding));

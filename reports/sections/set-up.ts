/** The models, the method and the environment of a comparison. */
import { number } from '../../src/format.js';
import {
  commonInWords,
  inputGroupsInWords,
  inputLines,
  orbitsInWords,
  toleranceInWords,
  stillInWords,
} from '../../src/verdict/words.js';
import { code, codes, markup, pairs } from '../html/markup.js';
import { ofComparison } from './section.js';
import { modelCell, whereRows } from './set-up-rows.js';

export const setUp = ofComparison({
  id: 'set-up',
  title: 'Set-up',
  html: (evidence, check) => {
    const { baseline, candidate, representation, judgement, task, singleSite, still, orbits, runs } = evidence;
    const { policy } = judgement;
    const { levels } = evidence.sequential;
    return markup`<div class="wide">${pairs('Models, method and environment', [
      ['baseline', modelCell(baseline.model)],
      ['candidate', modelCell(candidate.model)],
      ['baseline implementations', baseline.set],
      ['candidate implementations', candidate.set],
      ...(['baseline', 'candidate'] as const).flatMap((side) => {
        const file = evidence.fingerprints?.[side];
        return file
          ? [
              [
                `the ${side} is a fingerprint`,
                `${file.digest.slice(0, 12)}, ${file.precision}. ${file.reasons.join(' ')}`,
              ] as const,
            ]
          : [];
      }),
      evidence.common && ['interventions', commonInWords(evidence.common)],
      ['task', `${task.name}, ${task.inputs} inputs; ${task.behaviour}, required: ${task.threshold}`],
      ...inputLines(task),
      evidence.inputGroups && ['other inputs', inputGroupsInWords(evidence.inputGroups)],
      [
        'representation',
        markup`${representation.features} features, pooled: ${representation.pool}, at ${codes(representation.sites)}`,
      ],
      ['measure', evidence.measure],
      ['tolerance', toleranceInWords(judgement)],
      ['levels of the comparison', `alpha ${number(levels.alpha)}, beta ${number(levels.beta)}`],
      singleSite && [
        'judged at',
        markup`${code(singleSite.site)} alone, one of ${singleSite.looked.length} sites that share alpha. All sites together: ${singleSite.allSites.reasons.join(' ')}`,
      ],
      still && ['left out of looks at single sites', stillInWords(still)],
      orbits && ['symmetries of the task', orbitsInWords(orbits)],
      runs && ['trained runs', `${runs[0]} and ${runs[1]}: what counts as independent draws`],
      ...(evidence.refused ?? []).map(({ measure, why }) => [`${measure} could not be taken`, why] as const),
      ['resolution', number(policy.resolution)],
      ['resamples', `${policy.bootstrap} bootstrap, ${policy.permutations} permutations`],
      ...whereRows(evidence),
      ['asserted by', markup`${code(check.matcher)}, expected ${check.expected}`],
    ])}</div>`;
  },
  properties: ({ baseline, candidate, environment, seed }) => ({
    'model.baseline': baseline.model.name,
    'fingerprint.baseline': baseline.model.fingerprint,
    'model.candidate': candidate.model.name,
    'fingerprint.candidate': candidate.model.fingerprint,
    backend: environment.backend,
    seed: String(seed),
  }),
});

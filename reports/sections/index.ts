/** The sections of a check, in the order in which they are shown. */
import type { Check } from '../schema.js';
import { bank } from './bank.js';
import { behaviour } from './behaviour.js';
import { bounds } from './bounds.js';
import { chain } from './chain.js';
import { counterexample } from './counterexample.js';
import { distances } from './distances.js';
import { excess } from './excess.js';
import { hausdorff } from './hausdorff.js';
import { heatmap } from './heatmap.js';
import { measured } from './measured.js';
import { nearest } from './nearest.js';
import { parts } from './parts.js';
import { power } from './power.js';
import { realisation } from './realisation.js';
import { relation } from './relation.js';
import { replay } from './replay.js';
import { response } from './response.js';
import { running } from './running.js';
import { scores } from './scores.js';
import type { Section } from './section.js';
import { setUp } from './set-up.js';
import { setUpOfClaim } from './set-up-claim.js';
import { sites } from './sites.js';
import { stream } from './stream.js';
import { twins } from './twins.js';
import { verdict } from './verdict.js';

export const sections: Section[] = [
  verdict,
  replay,
  measured,
  counterexample,
  chain,
  nearest,
  parts,
  relation,
  stream,
  twins,
  bounds,
  response,
  realisation,
  bank,
  power,
  excess,
  running,
  distances,
  heatmap,
  sites,
  scores,
  hausdorff,
  behaviour,
  setUp,
  setUpOfClaim,
];

/** Those of one check. */
export const sectionsOf = (check: Check): readonly Section[] => sections.filter((section) => section.applies(check));

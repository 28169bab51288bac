/** How to run the check again, and the counterexample alone. */
import { replayOptions } from '../../src/claims/words.js';
import { markup } from '../html/markup.js';
import type { Check } from '../schema.js';
import type { Section } from './section.js';

/** Options of the matcher. */
const alone = ({ claim }: Check): string | undefined => claim && replayOptions(claim);

export const replay: Section = {
  id: 'replay',
  applies: () => true,
  html: (check) => {
    const options = alone(check);
    return markup`<h3>Replay</h3><pre><code>${check.replay}</code></pre>${
      options !== undefined && markup`<p>Only the counterexample, with the option <code>${options}</code></p>`
    }`;
  },
  lines: (check) => {
    const options = alone(check);
    return [
      { label: 'Replay', text: '', code: check.replay },
      ...(options === undefined
        ? []
        : [{ label: '', text: 'or only the counterexample, with the option', code: options }]),
    ];
  },
  properties: ({ replay: command }) => ({ replay: command }),
};

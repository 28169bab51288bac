/** The smallest thing found on which a claim fails. */
import { code, codes, markup, pairs } from '../html/markup.js';
import { ofClaim } from './section.js';

export const counterexample = ofClaim({
  id: 'counterexample',
  title: 'Counterexample',
  applies: (claim) => claim.counterexample !== undefined,
  html: ({ counterexample: found }) => {
    const { description, components, by, input, source, measured } = found!;
    return pairs('The smallest that was found', [
      ['in words', description],
      components && ['components', codes(components)],
      by !== undefined && ['replaced by', by],
      input !== undefined && ['input', code(input)],
      source !== undefined && ['taken from', code(source)],
      ...measured.map((line) => ['measured', markup`${line}`] as const),
    ]);
  },
  properties: ({ counterexample: found }) => ({ counterexample: found!.description }),
});

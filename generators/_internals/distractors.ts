/** Small programs over any inputs, for models to compute beside what they are for. */
import type { Rasp } from '../../src/program/language/rasp.js';
import type { Sequence } from '../../src/program/language/expressions.js';
import type { Value } from '../../src/program/language/value.js';
import { program, type Program } from '../../src/program/program.js';

type Token = string | number | boolean;

const builds: Readonly<Record<string, (rasp: Rasp<Token>) => Sequence>> = {
  copy: ({ tokens }) => tokens,
  'is the first token': ({ tokens, map }) => {
    const [first] = tokens.values;
    return map(tokens, (token) => token === first);
  },
  previous: ({ tokens, indices, select, aggregate }) =>
    aggregate(
      select(indices, indices, (key, query) => key === query - 1),
      tokens,
    ),
  histogram: ({ tokens, select, width }) => width(select(tokens, tokens, '==')),
  'smaller tokens': ({ tokens, select, width }) => width(select(tokens, tokens, '<')),
  'the one token': ({ tokens, all, aggregate }) => aggregate(all, tokens),
};

/** The distractors over the inputs of a program, the simplest first. */
export const distractorsFor = ({
  vocabulary,
  maxLength,
  causal,
}: Pick<Program, 'vocabulary' | 'maxLength' | 'causal'>): Program<Value, Value>[] =>
  Object.entries(builds).map(([name, build]) =>
    program(
      { name, vocabulary: vocabulary as readonly Token[], maxLength, causal },
      build as (rasp: Rasp<Token>) => Sequence,
    ),
  );

/** The files that `congruity init` writes. They are the user's from then on. */
import type { Found, FoundModel } from './look.js';

export interface NewFile {
  readonly path: string;
  readonly text: string;
}

const quote = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

const imported = (names: string, from: string, language: Found['language']): string =>
  language === 'cjs' ? `const { ${names} } = require('${from}');` : `import { ${names} } from '${from}';`;

/** Whether a first gate can run: of a transformer it is known what it takes. */
export const isComplete = ({ tokens }: FoundModel): boolean => tokens !== undefined;

function inputsOf({ tokens }: FoundModel): string[] {
  if (!tokens)
    return [
      '// To do: what your model takes. Each is a list of tokens, a tensor ({ shape, data }, without the batch axis),',
      '// or several of these by the names of the inputs; 100 or more, and distinct.',
      'const inputs = [];',
    ];
  const length = Math.min(tokens.longest, 8);
  return [
    '// Random tokens: a start that needs no knowledge of the task. Inputs of your own task say more.',
    "const draw = random(0, 'inputs');",
    `const inputs = Array.from({ length: 400 }, () => Array.from({ length: ${length} }, () => draw.below(${tokens.vocabulary})));`,
  ];
}

export function configFile(pair: { baseline: FoundModel; candidate: FoundModel }, { language }: Found): NewFile {
  const { baseline, candidate } = pair;
  const names = isComplete(baseline) ? 'klToClean, random, task' : 'klToClean, task';
  const itself = candidate === baseline;
  const lines = [
    '// Gates for releases: npx congruity gate. What may stand here: docs/gate.md; tasks and behaviours: docs/matcher.md',
    imported(names, 'congruity', language),
    imported('defineConfig', 'congruity/suites', language),
    '',
    ...inputsOf(baseline),
    '',
    'const answers = task({',
    "  name: 'its own answers',",
    '  inputs,',
    '  // no answer is right: an intervention keeps the behaviour if the model answers as without it. Where answers',
    '  // are right or wrong, accuracy(...) with threshold: { atLeast: 0.99 } says more',
    '  behaviour: klToClean(),',
    '  threshold: { atMost: 0.1 },',
    '});',
    '',
    `${language === 'cjs' ? 'module.exports =' : 'export default'} defineConfig({`,
    '  gates: [',
    '    {',
    "      name: 'candidate',",
    `      baseline: ${quote(baseline.path)},`,
    ...(itself ? ['      // the same file, until there is a next release to hold against it'] : []),
    `      candidate: ${quote(candidate.path)},`,
    '      task: answers,',
    '      options: { inputs: 100 },',
    '    },',
    '  ],',
    '});',
    '',
  ];
  return { path: `congruity.config.${language}`, text: lines.join('\n') };
}

/** @param config the name of the config, which a test of this language can load */
export function testFile(config: string, { runner, language }: Found): NewFile {
  const lines =
    language === 'cjs'
      ? [
          "const { releaseGate } = require('congruity/suites');",
          `const config = require('./${config}');`,
          '',
          'releaseGate(config);',
        ]
      : [
          ...(runner === 'vitest' ? ["import 'congruity/vitest';"] : []),
          "import { releaseGate } from 'congruity/suites';",
          `import config from './${config.replace(/\.ts$/, '')}';`,
          '',
          'releaseGate(config);',
        ];
  return { path: `congruity.test.${language}`, text: `// The gates as tests: npx ${runner}\n${lines.join('\n')}\n` };
}

const installs: Record<Found['manager'], readonly [locked: string, unlocked: string, run: string]> = {
  npm: ['npm ci', 'npm install', 'npx'],
  pnpm: ['corepack enable && pnpm install --frozen-lockfile', 'corepack enable && pnpm install', 'pnpm exec'],
  yarn: ['corepack enable && yarn install --immutable', 'corepack enable && yarn install', 'yarn'],
};

export function workflowFile({ manager, locked }: Found): NewFile {
  const [frozen, open, exec] = installs[manager];
  return {
    path: '.github/workflows/congruity.yml',
    text: `name: congruity
on: [push, pull_request]
permissions:
  contents: read
jobs:
  gate:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@34e114876b0b11c390a56381ad16ebd13914f8d5 # v4.3.1
        with: { lfs: true }
      - uses: actions/setup-node@49933ea5288caeca8642d1e84afbd3f7d6820020 # v4.4.0
        with: { node-version: 22 }
      - run: ${locked ? frozen : open}
      # exit code 0: every gate holds; 1: one is violated or not established; 2: one could not be judged
      - run: ${exec} congruity gate
      - uses: actions/upload-artifact@ea165f8d65b6e75b540449e92b4886f43607fa02 # v4.6.2
        if: \${{ !cancelled() }}
        with: { name: congruity-report, path: congruity-report }
`,
  };
}

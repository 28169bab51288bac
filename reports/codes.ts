/** The page that lists every code of a finding, made from the schemas. `node schema/generate.mjs` writes docs/codes.md. */
import type * as z from 'zod';
import { bankFindingSchema } from '../src/bank/findings.js';
import { fingerprintFindingSchema } from '../src/fingerprint/evidence.js';
import { claimFindingSchema } from '../src/claims/findings.js';
import { findingSchema } from '../src/verdict/rule/findings.js';

type Shape = Readonly<Record<string, z.ZodType>>;

const field = ([name, schema]: [string, z.ZodType]): string =>
  schema.description === undefined ? `\`${name}\`` : `\`${name}\`: ${schema.description.replace(/\.$/, '')}`;

function row(option: z.ZodObject): string {
  const { code, numbers, site: _1, without: _2, ...others } = option.shape as Shape;
  const given = [
    ...Object.entries(others),
    ...Object.entries((numbers as z.ZodObject).shape as Shape).map(([name, of]): [string, z.ZodType] => [
      `numbers.${name}`,
      of,
    ]),
  ];
  const { value } = code as z.ZodLiteral<string>;
  return `| \`${value}\` | ${option.description} | ${given.map(field).join('; ')} |`;
}

const table = (options: readonly unknown[]): string[] => [
  '| code | meaning | what it gives |',
  '| --- | --- | --- |',
  ...options.map((option) => row(option as z.ZodObject)),
];

/** In Markdown. */
export const codesPage = (): string =>
  [
    '# Codes of findings',
    '',
    '<!-- Made from src/verdict/rule/findings.ts, src/bank/findings.ts, src/fingerprint/evidence.ts and src/claims/findings.ts by `node schema/generate.mjs`. -->',
    '',
    'Every verdict in `report.json` says why: in `findings` as codes with numbers, and in `reasons` as sentences. The first decides.',
    'Distances and shares are plain numbers: 0.25 is 25 %.',
    '',
    '## Of a comparison',
    '',
    'In `evidence.judgement.findings`, with `site` if it is about one site alone, and `without` if sites were left out for it.',
    '',
    ...table(findingSchema.options),
    '',
    '## Of a bank',
    '',
    'In `evidence.bank.findings`.',
    '',
    ...table(bankFindingSchema.options),
    '',
    '## Of a fingerprint',
    '',
    'In `evidence.fingerprints.baseline.lacks`, and `candidate`: what cannot be had from a file.',
    '',
    ...table(fingerprintFindingSchema.options),
    '',
    '## Of a claim',
    '',
    'In `claim.findings`.',
    '',
    ...table(claimFindingSchema.options),
    '',
  ].join('\n');

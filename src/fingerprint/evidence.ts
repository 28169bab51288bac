/** What a comparison with fingerprints says of them: which they are, and what cannot be had from a file. A part of report.json. */
import * as z from 'zod';
import { plural } from '../format.js';
import { strings, type Plain } from '../schema.js';
import type { Fingerprint } from './fingerprint.js';
import { precisions } from '../implementations/kept-samples.js';

const lack = <C extends string, N extends z.ZodRawShape>(code: C, meaning: string, numbers: N) =>
  z.strictObject({ code: z.literal(code), numbers: z.strictObject(numbers) }).describe(meaning);

/** Options of a discriminated union, in the order of docs/codes.md. */
export const fingerprintFindingSchema = z
  .discriminatedUnion('code', [
    lack('recorded-interventions', 'No further interventions can be made on a model that is not at hand.', {
      draws: z.int().describe('Draws that the fingerprint holds, besides the model itself.'),
    }),
    lack(
      'recorded-pairing',
      'Components can be paired at random in draws of which the fingerprint holds what that takes.',
      { draws: z.int().describe('Such draws.') },
    ),
    lack('recorded-responses', 'Answers with a role replaced are known for some pairs of inputs only.', {
      pairs: z.int().describe('Pairs of inputs that the fingerprint holds answers to.'),
    }),
    lack('no-recorded-responses', 'The fingerprint holds no answers with roles replaced.', {}),
    lack(
      'recorded-inputs',
      'The model cannot be asked about other inputs: a difference is shrunk among what is recorded.',
      { inputs: z.int().describe('Inputs that the fingerprint is over.') },
    ),
    lack(
      'no-recorded-weights',
      'No changes can be planted in the model (power), and no copies be made of it: a file has no weights.',
      {},
    ),
  ])
  .meta({ id: 'fingerprintFinding' });

/** Something that cannot be had from a file. */
export type FingerprintFinding = Plain<typeof fingerprintFindingSchema>;

const sideSchema = z.strictObject({
  digest: z.string().describe('SHA-256 over all that it says: `congruity verify` finds the file by it.'),
  writer: z.string(),
  precision: z.enum(precisions).describe('Of its Gram matrices.'),
  bytes: z.int().describe('Bytes of its tensors.'),
  lacks: z.array(fingerprintFindingSchema).describe('What cannot be had from it.'),
  reasons: strings.describe('The same in full sentences.'),
});

export const fingerprintsSchema = z
  .strictObject({ baseline: sideSchema.optional(), candidate: sideSchema.optional() })
  .describe('Sides that were fingerprints, and not models at hand.');

/** The sides of a comparison that were fingerprints. */
export type FingerprintsEvidence = Plain<typeof fingerprintsSchema>;

type Of<C extends FingerprintFinding['code']> = Extract<FingerprintFinding, { readonly code: C }>;

const sentences: { readonly [C in FingerprintFinding['code']]: (finding: Of<C>, name: string) => string } = {
  'recorded-interventions': ({ numbers: { draws } }, name) =>
    `No further interventions can be made on ${name}: its fingerprint holds ${draws} draws.`,
  'recorded-pairing': ({ numbers: { draws } }, name) =>
    `That it matters which component of ${name} is paired with which can be shown by ${plural(draws, 'draw')} of its fingerprint.`,
  'recorded-responses': ({ numbers: { pairs } }, name) =>
    `Answers of ${name} with a role replaced are known for ${pairs} pairs of inputs.`,
  'no-recorded-responses': (_, name) => `The fingerprint of ${name} holds no answers with roles replaced.`,
  'recorded-inputs': ({ numbers: { inputs } }, name) =>
    `${name} cannot be asked about other inputs than the ${inputs} of its fingerprint: a difference is shrunk among these.`,
  'no-recorded-weights': (_, name) =>
    `What the comparison would stop (power) is not known: nothing can be planted in ${name}, whose weights are not at hand.`,
};

function sideOf(fingerprint: Fingerprint): NonNullable<FingerprintsEvidence['baseline']> {
  const { said, digest, exact, tensors } = fingerprint;
  const { responses, inputs, draws, model, writer } = said;
  const lacks: FingerprintFinding[] = [
    { code: 'recorded-interventions', numbers: { draws: draws.length - 1 } },
    {
      code: 'recorded-pairing',
      numbers: { draws: draws.filter(({ controls }) => controls.length > 0).length },
    },
    'pairs' in responses
      ? { code: 'recorded-responses', numbers: { pairs: responses.pairs.length } }
      : { code: 'no-recorded-responses', numbers: {} },
    { code: 'recorded-inputs', numbers: { inputs: inputs.measured } },
    { code: 'no-recorded-weights', numbers: {} },
  ];
  return {
    digest,
    writer,
    precision: exact ? 'float64' : 'float32',
    bytes: [...tensors.values()].reduce((sum, { data }) => sum + data.byteLength, 0),
    lacks,
    reasons: lacks.map((one) =>
      (sentences[one.code] as (finding: FingerprintFinding, name: string) => string)(one, model.name),
    ),
  };
}

/** Undefined where neither side is one. */
export function fingerprintsEvidence(
  baseline: Fingerprint | undefined,
  candidate: Fingerprint | undefined,
): FingerprintsEvidence | undefined {
  if (!baseline && !candidate) return undefined;
  return { ...(baseline && { baseline: sideOf(baseline) }), ...(candidate && { candidate: sideOf(candidate) }) };
}

/**
 * What a program elsewhere needs to make a fingerprint: a task's inputs as a model takes them, what to measure behaviour by, counterfactuals for every draw, and pairs for responses. docs/python.md
 * says who reads it.
 */
import { hash } from 'node:crypto';
import * as z from 'zod';
import { encodeEntry } from '../cache/entry.js';
import { ablationNames } from '../circuit/ablations.js';
import { FingerprintError } from '../errors.js';
import { comparedInputs, type ComparedInputs } from '../implementations/inputs.js';
import { searchSeed } from '../implementations/sampling.js';
import type { ImplementationSet } from '../implementations/set.js';
import type { TensorToWrite } from '../io/safetensors-write.js';
import type { Model } from '../model/model.js';
import { checkOptions } from '../options.js';
import { random } from '../random.js';
import { InputPairs } from '../response/pairs.js';
import { inputsOf } from '../response/responding.js';
import { behaviours } from '../task/behaviour.js';
import { taskEvidence } from '../task/evidence.js';
import type { AnyTask } from '../task/task.js';
import { inputInWords } from '../task/words.js';
import type { Tokenizer } from '../tokenizers/tokenizer.js';
import { version } from '../version.js';
import { checkFits, refuseBeside } from './asked.js';
import { inputsDigest } from './digest.js';
import { numbers, positionsOf, table, targetsOf, tokenRows } from './exported-rows.js';
import { writeWhole } from './file.js';
import type { Fingerprint } from './fingerprint.js';
import { fingerprintOptionsSchema, type FingerprintOptions } from './options.js';

/** Of the format: `congruity_fingerprint` refuses any other. */
const FORMAT = 1;
/** Draws beside the model itself, as of a fingerprint. */
const DRAWS = 40;

/** Options of `exportInputs`: those of `fingerprint` that say what is to be run. */
export interface ExportInputsOptions extends Pick<
  FingerprintOptions,
  'on' | 'seed' | 'draws' | 'inputs' | 'sites' | 'pool' | 'measure' | 'responses' | 'like'
> {
  /** turns text into tokens, as that of the model elsewhere does. @defaultValue none */
  readonly tokenizer?: Tokenizer | undefined;
}

const optionsSchema = fingerprintOptionsSchema
  .pick({
    on: true,
    seed: true,
    draws: true,
    inputs: true,
    sites: true,
    pool: true,
    measure: true,
    responses: true,
    like: true,
  })
  .extend({
    tokenizer: z
      .custom<Tokenizer>((v) => typeof (v as Partial<Tokenizer> | null)?.encode === 'function', {
        error: 'tokenizer must be a tokenizer, as hfTokenizer makes one',
      })
      .optional(),
  });

/** What is written, beside tensors: docs/python.md. */
interface Said {
  readonly format: number;
  readonly writer: string;
  readonly task: ReturnType<typeof taskEvidence>;
  /** `own`: scored by a function that cannot be exported */
  readonly behaviour: {
    readonly kind: string;
    readonly better: 'higher' | 'lower';
    readonly bound: number;
    readonly relative: boolean;
  };
  readonly inputs: Fingerprint['said']['inputs'];
  readonly options: Omit<Fingerprint['said']['options'], 'minAcceptance'>;
  readonly kind?: string;
  readonly parts?: Fingerprint['said']['parts'];
  readonly pool?: readonly string[];
  readonly searched?: Fingerprint['said']['searched'];
  readonly draws: readonly {
    readonly seed: number;
    readonly counterfactuals: string;
    /** of a fingerprint whose interventions are made again; otherwise the program elsewhere grows its own */
    readonly components?: readonly string[];
  }[];
  readonly responses:
    | { readonly inputs: string; readonly pairs: readonly (readonly [number, number])[]; readonly roles?: unknown }
    | { readonly why: string };
}

/** A task's inputs, counterfactuals and pairs, as `writeExportedInputs` writes them. */
export interface ExportedInputs {
  readonly said: Said;
  readonly tensors: ReadonlyMap<string, TensorToWrite>;
}

/** What encodings and inputs ask of a model that is elsewhere. */
function elsewhere(kind: string, tokenizer: Tokenizer | undefined): Model {
  return {
    name: 'the model elsewhere',
    kind,
    fingerprint: '',
    backend: { name: 'elsewhere', description: 'elsewhere' },
    sites: [],
    parts: [],
    representationSites: [],
    ...(tokenizer && { tokenizer }),
    run: async () => {
      throw new FingerprintError({ what: 'a model elsewhere cannot be run', where: 'exportInputs' });
    },
    dispose: () => undefined,
  };
}

type Checked = ReturnType<typeof optionsSchema.parse>;

function optionsOf(given: Checked): Said['options'] & { readonly minAcceptance?: number } {
  const { like, seed = 0, inputs, sites, pool = 'last', measure: by = 'ridge' } = given;
  if (!like)
    return {
      seed,
      ...(inputs !== undefined && { inputs }),
      ...(sites && { sites: [...sites] }),
      pool,
      measure: [by].flat(),
      by: 'resample',
      outside: 'grow',
      fraction: 0.5,
    };
  refuseBeside(given, ['seed', 'draws', 'inputs', 'sites', 'pool', 'measure']);
  const { minAcceptance: _, ...options } = like.said.options;
  if (options.by !== 'resample')
    throw new FingerprintError({
      what: `the fingerprint puts ${options.by} in the place of activations, and of ${ablationNames.join(', ')} only resample is exported`,
      where: like.where,
      hint: "make it with set: { by: 'resample' }",
    });
  return options;
}

/** Pairs of inputs, as a comparison of responses draws them. */
function responsesOf(
  task: AnyTask,
  stand: Model,
  { like, responses: count, tokenizer }: Checked,
  seed: number,
  tensors: Map<string, TensorToWrite>,
): Said['responses'] {
  const recorded = like?.said.responses;
  if (recorded && 'why' in recorded) return recorded;
  const pool = inputsOf(task, seed);
  const of = new InputPairs<unknown>(task, [stand, stand], pool);
  const stream = random(seed, 'responses');
  const places = recorded?.pairs ?? Array.from({ length: count }, () => of.draw(stream));
  const pairs = places.map((place) => of.at(place));
  for (const side of ['base', 'source'] as const) {
    const inputs = pairs.map((pair) => pair[side].input);
    const tokens = pairs.map((pair) => pair[side].encoded[0]);
    tensors.set(`response.${side}`, tokenRows(tokens, task));
    tensors.set(`response.${side}.positions`, numbers(positionsOf(task, inputs, tokens, tokenizer)));
    // the answers that the behaviour tells apart; otherwise all that the model gives
    const answers = task.behaviour.name === behaviours.logitDifference.name && targetsOf(task, inputs, tokenizer);
    if (answers) tensors.set(`response.${side}.answers`, table(answers));
  }
  return {
    inputs: inputsDigest(task.encode(pool, stand).inputs),
    pairs: places,
    ...(recorded && { roles: recorded.roles }),
  };
}

/**
 * A task as a program elsewhere takes it. The same options give the same to the byte.
 * @throws OptionError, FingerprintError; TaskError for inputs that are no tokens
 */
export async function exportInputs(given: ExportInputsOptions): Promise<ExportedInputs> {
  const asked = checkOptions(optionsSchema, given, 'options of exportInputs');
  const { on: task, tokenizer, like } = asked;
  const options = optionsOf(asked);
  const stand = elsewhere(like?.said.model.kind ?? 'transformer', tokenizer);
  const set: ImplementationSet = {
    description: stand.name,
    original: stand,
    resamples: true,
    open: async () => {
      throw new FingerprintError({ what: 'a model elsewhere cannot be drawn from', where: 'exportInputs' });
    },
  };
  const compared: ComparedInputs = await comparedInputs(task, [set], options.inputs, options.seed);
  const { examples, rows, n, averaging, exampleOf, notes, undrawn } = compared;
  if (averaging)
    throw new FingerprintError({
      what: `task "${task.name}" has symmetries, whose averages only congruity itself takes`,
      where: 'task.symmetries',
      hint: 'export a task without them, or make the fingerprint with `congruity fingerprint`',
    });
  const { inputs } = task.encode(examples, stand);
  if (like) checkFits(like, task, stand, compared);
  const tensors = new Map<string, TensorToWrite>([
    ['inputs', tokenRows(inputs, task)],
    ['positions', numbers(positionsOf(task, examples.inputs, inputs, tokenizer))],
    ['measured', numbers(rows ?? Uint32Array.from(inputs.keys()))],
  ]);
  const targets = targetsOf(task, examples.inputs, tokenizer);
  if (targets && targets[0]!.length > 0) tensors.set('targets', table(targets));
  const counterfactuals = (seed: number, name: string): string => {
    const drawn = task.counterfactuals(examples, seed, stand);
    tensors.set(name, tokenRows(drawn, task));
    return inputsDigest(drawn);
  };
  const { seed } = options;
  const draws = like
    ? like.said.draws.slice(1).map(({ recipe }, i) => ({
        seed: recipe.seed,
        counterfactuals: counterfactuals(recipe.seed, `counterfactuals.${i + 1}`),
        components: recipe.components,
      }))
    : Array.from({ length: asked.draws ?? DRAWS }, (_, i) => {
        const own = random(seed, `exported draw ${i + 1}`).below(0x7fffffff);
        return { seed: own, counterfactuals: counterfactuals(own, `counterfactuals.${i + 1}`) };
      });
  // what components that break the behaviour are searched with
  if (!like) counterfactuals(random(searchSeed(seed), 'exported').below(0x7fffffff), 'counterfactuals.search');
  const { behaviour, threshold } = task;
  const known = Object.entries(behaviours).find(([, { name }]) => name === behaviour.name);
  const said: Said = {
    format: FORMAT,
    writer: `congruity ${version}`,
    task: taskEvidence(task, n, notes),
    behaviour: {
      kind: targets ? known![0] : 'own',
      better: behaviour.better,
      bound: 'atLeast' in threshold ? threshold.atLeast : threshold.atMost,
      relative: behaviour.relative,
    },
    inputs: {
      digest: inputsDigest(inputs),
      count: inputs.length,
      measured: n,
      undrawn,
      shown: Array.from({ length: n }, (_, place) => inputInWords(examples.inputs[exampleOf(place)])),
    },
    options,
    ...(like && {
      kind: like.said.model.kind,
      parts: like.said.parts,
      pool: like.said.pool,
      ...(like.said.searched && { searched: like.said.searched }),
    }),
    draws,
    responses: responsesOf(task, stand, asked, seed, tensors),
  };
  return { said, tensors };
}

/** Writes them whole or not at all, and says how many bytes that are. @throws FileError */
export function writeExportedInputs(path: string, { said, tensors }: ExportedInputs): number {
  const key = hash('sha256', JSON.stringify(said));
  const about = `inputs of ${said.task.name}`;
  return writeWhole(path, encodeEntry(key, { kind: 'inputs', about, rows: 0, value: said, tensors }), 'the inputs');
}

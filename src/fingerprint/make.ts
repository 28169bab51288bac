/** Makes a fingerprint: draws a model's implementations, and keeps of each what a comparison needs. */
import { cacheOf } from '../cache/options.js';
import { OptionError } from '../errors.js';
import { byIntervention } from '../implementations/index.js';
import { byInterventionSchema } from '../implementations/by-intervention.js';
import { Sampler } from '../implementations/draw.js';
import { comparedInputs, type ComparedInputs } from '../implementations/inputs.js';
import { packedTensor, writeSample } from '../implementations/kept-samples.js';
import type { Recipe } from '../implementations/set.js';
import { PER_SITE, searchSeed } from '../implementations/sampling.js';
import { resamples } from '../circuit/ablations.js';
import { everyComponent, inWords } from '../circuit/component.js';
import type { TensorToWrite } from '../io/safetensors-write.js';
import { environmentOf, modelEvidence } from '../model/evidence.js';
import { requireModel } from '../model/is-model.js';
import type { Model } from '../model/model.js';
import { checkOptions } from '../options.js';
import { random } from '../random.js';
import type { Gram } from '../representation/gram.js';
import { taskEvidence } from '../task/evidence.js';
import { runExamples } from '../task/run.js';
import { inputInWords } from '../task/words.js';
import type { AnyTask } from '../task/task.js';
import { version } from '../version.js';
import { checkFits, refuseBeside, setOf } from './asked.js';
import { inputsDigest } from './digest.js';
import { madeFingerprint } from './file.js';
import type { Fingerprint } from './fingerprint.js';
import { FORMAT, tensorNames, type FingerprintSaid } from './format.js';
import { fingerprintOptionsSchema, type FingerprintOptions } from './options.js';
import { byRecipes, firstTried, toleratesTooFew, unlikeParts } from './recorded.js';
import { rounded } from './rounded.js';
import { recordResponses } from './responses.js';

/** Implementations drawn besides the model itself, and the share of them that must preserve behaviour: as of a comparison. */
const DRAWS = 40;
const ACCEPTANCE = 0.2;
/** Gram matrices kept of a draw for its control. */
const CONTROLS = 2;
/** Bytes that a model's outputs may take. */
const MOST_OUTPUTS = 2 ** 24;
/** Inputs, at most, that means are taken over, as of a comparison. */
const REFERENCES = 400;

type Options = FingerprintSaid['options'];

/** All that decides what is drawn, with every default. @throws OptionError */
function optionsOf(given: ReturnType<typeof checked>): Options {
  const { like, seed = 0, inputs, sites, pool = 'last', measure = 'ridge', minAcceptance = ACCEPTANCE } = given;
  if (like) {
    refuseBeside(given, ['seed', 'inputs', 'sites', 'pool', 'measure', 'set', 'draws']);
    return { ...like.said.options, minAcceptance };
  }
  const { by, outside, fraction, search } = byInterventionSchema.parse(given.set ?? {});
  if (!Array.isArray(outside) && outside !== 'grow')
    throw new OptionError({
      what: 'a circuit that was found is no option of a fingerprint',
      where: 'options.set.outside',
      hint: "name its free components: set: { outside: circuit.free.map(({ name }) => name) }, or 'grow'",
    });
  return {
    seed,
    ...(inputs !== undefined && { inputs }),
    ...(sites && { sites: [...sites] }),
    pool,
    measure: [measure].flat(),
    by,
    outside: outside as Options['outside'],
    fraction,
    ...(search?.over !== undefined && { over: search.over }),
    minAcceptance,
  };
}

const checked = (given: FingerprintOptions) => checkOptions(fingerprintOptionsSchema, given, 'options of fingerprint');

async function outputsOf(
  model: Model,
  task: AnyTask,
  { examples }: ComparedInputs,
  tensors: Map<string, TensorToWrite>,
  signal: AbortSignal | undefined,
): Promise<FingerprintSaid['outputs']> {
  const { logits } = await runExamples(model, task, examples, { signal });
  const columns = logits[0]!.length;
  if (logits.some((row) => row.length !== columns)) return 'inputs have different numbers of outputs';
  const bytes = 4 * columns * logits.length;
  if (bytes > MOST_OUTPUTS) return `they would take ${bytes} bytes, and at most ${MOST_OUTPUTS} are kept`;
  const data = new Float32Array(columns * logits.length);
  logits.forEach((row, i) => data.set(row, i * columns));
  if (data.some((x) => !Number.isFinite(x))) return 'they are not all finite';
  tensors.set(tensorNames.outputs, { shape: [logits.length, columns], data });
  return columns;
}

/**
 * The Gram with half of the pool patched, or a half of that, and so on, as far as a draw goes and its model tolerates: what the same intervention is held against with components paired at random
 * (src/implementations/mispaired.ts).
 */
async function controlsOf(
  sampler: Sampler,
  recipe: Recipe,
  pool: number,
  by: Options['by'],
): Promise<{ readonly size: number; readonly gram: Gram }[]> {
  const model = sampler.set.original;
  const known = new Map(everyComponent(model).map((one) => [one.name, one]));
  const chosen = recipe.components.map((name) => known.get(name)!);
  const found: { size: number; gram: Gram }[] = [];
  let under: Awaited<ReturnType<Sampler['under']>> | undefined;
  for (let size = pool >> 1; size > 0 && found.length < CONTROLS; size >>= 1) {
    // all of it is the draw itself
    if (size >= chosen.length) continue;
    under ??= await sampler.under(
      by,
      recipe.seed,
      chosen,
      (some) => `${model.name} with ${inWords(some, model)} patched`,
    );
    const gram = await under(chosen.slice(0, size));
    if (gram) found.push({ size, gram });
  }
  return found;
}

/** As another was asked for, without its interventions. */
function byItself(model: Model, { like, ...given }: FingerprintOptions, why: string): Promise<Fingerprint> {
  const { options, draws } = like!.said;
  const { seed, inputs, sites, pool, measure } = options;
  given.progress?.(0, `drawing it by itself: ${why}`);
  return fingerprint(model, {
    ...given,
    seed,
    inputs,
    sites,
    pool,
    measure,
    set: setOf(like!),
    draws: draws.length - 1,
  });
}

/**
 * A fingerprint of a model on a task: Gram matrices of its implementations by intervention and what each was made of, its outputs, and its answers with roles replaced. The same model and options give
 * the same file to the byte.
 * @throws OptionError, FingerprintError, TaskError, BehaviourError, ImplementationError, RepresentationError, CancelledError
 */
export async function fingerprint(model: Model, given: FingerprintOptions): Promise<Fingerprint> {
  requireModel(model, 'what a fingerprint is to be made of', 'fingerprint');
  const asked = checked(given);
  const { on: task, like, responses, signal, progress } = asked;
  const options = optionsOf(asked);
  const { seed, inputs, sites, pool, by, outside, fraction, over, minAcceptance } = options;
  const set = like
    ? byRecipes(model, like)
    : byIntervention(model, {
        by,
        outside,
        fraction,
        search: { ...asked.set?.search, ...(over !== undefined && { over }) },
      });
  const compared = await comparedInputs(task, [set], inputs, seed, signal);
  if (like) checkFits(like, task, model, compared);
  const unlike = like && unlikeParts(like, model);
  if (unlike) return byItself(model, given, unlike);
  const { examples, rows, n, averaging, exampleOf, notes, undrawn } = compared;
  const cache = cacheOf(asked.cache);
  const draws = like ? like.said.draws.length - 1 : (asked.draws ?? DRAWS);
  progress?.(0, 'looking for components that the model can do without');
  const sampler = await Sampler.start(set, {
    task,
    examples,
    rows,
    averaging,
    // two models are drawn independently, and the same one always alike
    seed: random(seed, `fingerprint of ${model.fingerprint}`).below(0x7fffffff),
    searchSeed: searchSeed(seed),
    minAcceptance,
    sites,
    pool,
    perSite: PER_SITE,
    keepSites: true,
    cache,
    signal,
    progress: (done) => progress?.(0.3 * done, 'looking for components that the model can do without'),
  });
  const tensors = new Map<string, TensorToWrite>();
  const said: FingerprintSaid['draws'][number][] = [];
  const tries = like ? 1 + firstTried(like).length : 0;
  const patchable = like ? like.said.pool : (sampler.pool ?? []).map(({ name }) => name);
  for (let count = 1; count <= draws + 1; count++) {
    progress?.(0.3 + (0.5 * count) / (draws + 1), 'drawing implementations');
    // no further than those that say whether the model is drawn by itself
    while (sampler.tried < tries && sampler.drawn.length < count) await sampler.fillUpTo(sampler.tried + 1);
    const few =
      like &&
      sampler.tried === tries &&
      sampler.drawn.length < count &&
      toleratesTooFew(model, sampler.drawn.length - 1, like);
    if (few) return byItself(model, given, few);
    if (!(await sampler.fill(count))) break;
    const one = sampler.drawn[count - 1]!;
    const made = sampler.lastMade!;
    const recipe = one.recipe!;
    const controls = outside === 'grow' ? await controlsOf(sampler, recipe, patchable.length, by) : [];
    for (const { size, gram } of controls)
      tensors.set(tensorNames.control(count - 1, size), packedTensor(gram, 'float64'));
    said.push({
      description: one.description,
      recipe,
      ...(resamples(by) &&
        recipe.components.length > 0 && {
          counterfactuals: inputsDigest(task.counterfactuals(examples, recipe.seed, model)),
        }),
      sample: writeSample(made, tensorNames.draw(count - 1), tensors),
      controls: controls.map(({ size }) => size),
    });
  }
  sampler.require(draws + 1);
  await rounded(asked.precision, tensors, sampler.drawn, options, asked.on.name, signal);
  progress?.(0.8, 'keeping its outputs');
  const outputs = await outputsOf(model, task, compared, tensors, signal);
  progress?.(0.85, 'replacing roles');
  const answers = await recordResponses(model, {
    on: task,
    seed,
    pairs: responses,
    inputs: Math.min(REFERENCES, n),
    signal,
  });
  for (const [name, tensor] of answers.tensors) tensors.set(name, tensor);
  const { searched } = sampler;
  const whole: FingerprintSaid = {
    format: FORMAT,
    writer: `congruity ${version}`,
    environment: environmentOf([model]),
    model: modelEvidence(model),
    parts: model.parts.map(({ kind, name, site, axis, count }) => ({
      kind,
      name,
      site,
      ...(axis !== undefined && { axis }),
      count,
    })),
    task: taskEvidence(task, n, notes),
    inputs: {
      digest: inputsDigest(task.encode(examples, model).inputs),
      count: examples.inputs.length,
      measured: n,
      undrawn: averaging ? 0 : undrawn,
      shown: Array.from({ length: n }, (_, place) => inputInWords(examples.inputs[exampleOf(place)])),
    },
    options,
    behaviour: sampler.behaviour,
    ...(searched && {
      searched: { components: searched.components, patchable: searched.patchable, runs: searched.runs },
    }),
    pool: patchable,
    tried: sampler.tried,
    untouched: sampler.untouched,
    ...(averaging && {
      orbits: {
        inputs: averaging.orbits.n,
        measured: averaging.measured?.length ?? averaging.orbits.n,
        orbits: averaging.orbits.inputs,
        pairs: averaging.orbits.pairs,
      },
    }),
    draws: said,
    outputs,
    responses: answers.said,
  };
  progress?.(1, 'done');
  // as whoever reads it has it
  return madeFingerprint(whole, tensors, `the fingerprint of ${model.name}`);
}

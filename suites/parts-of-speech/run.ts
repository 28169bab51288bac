/** The suite: the language model on every slice, then every tagger on every slice. What is done already is kept, and never done again. */
import { dirname, join } from 'node:path';
import { isCongruityError } from '../../src/errors.js';
import { checkSignal } from '../../src/signal.js';
import { version } from '../../src/version.js';
import { keepResult, resumed, sameMaterial } from '../kept-result.js';
import { timing } from '../stopwatch.js';
import type { SuiteContext } from '../suite.js';
import { NAMED, named, predicted, spread, tagsFault, wordsFault } from './behaviour.js';
import { comparedSlice } from './compare.js';
import { prepare, type Asked, type Prepared, type PreparedSlice } from './prepare.js';
import { ALL } from './readings.js';
import { comparisonOf, resultSchema, type ComparisonResult, type Result, type Settings } from './result.js';
import type { Tagger } from './taggers.js';

/** Of saying "equivalent", and of saying "different", of any slice of a tagger of which it is not so. */
export const FAMILY = 0.05;

interface Work {
  readonly prepared: Prepared;
  readonly context: SuiteContext;
  readonly settings: Settings;
  readonly result: Result;
  /** keeps what is done, and tells of it */
  readonly keep: (doing: string) => void;
  /** @param part of a comparison */
  readonly tell: (doing: string, part: number) => void;
}

/**
 * Runs what is left to do. Ends early, with what there is, where the signal aborts.
 * @throws FileError for text without tags, and for a result that is damaged, or of other settings, models or text; OptionError where the language model, or whatever is to tag, is not there or reads other tokens; TaskError where no slice has enough places
 */
export async function runPartsOfSpeech(settings: Settings, context: SuiteContext): Promise<Result> {
  const { path, signal } = context;
  const before = await resumed(path, resultSchema, settings);
  const prepared = await prepare(settings, signal);
  const { said, skipped, contents, estimate, slices, readings } = prepared;
  if (before) {
    try {
      sameMaterial(
        path,
        { models: before.contents, skipped: before.skipped, made: before.text },
        { models: contents, skipped, made: said },
      );
    } catch (error) {
      prepared.dispose();
      throw error;
    }
  }
  const result: Result = before ?? {
    suite: 'parts-of-speech',
    version,
    settings,
    text: said,
    model: { name: prepared.name, loss: 0, accuracy: 0, ...spread(readings.map(({ next }) => next)) },
    contents,
    taggers: [],
    slices: [],
    skipped,
    comparisons: [],
    level: FAMILY / slices.filter(({ task }) => task !== undefined).length,
    estimate,
    seconds: 0,
    cpuSeconds: 0,
    rows: 0,
    complete: false,
  };
  if (before) context.resumed();
  else context.estimated(estimate);
  const ends = timing(result);
  // slices with too few places take no time
  const judged = new Set<string>(slices.flatMap(({ name, task }) => (task === undefined ? [] : [name])));
  const whole = prepared.asked.length * judged.size;
  const tell = (doing: string, part = 0): void =>
    context.progress((result.comparisons.filter(({ slice }) => judged.has(slice)).length + part) / whole, doing);
  const keep = (doing: string): void => {
    ends();
    keepResult(path, result);
    tell(doing);
  };
  const work: Work = { prepared, context, settings, result, keep, tell };
  try {
    await aboutWords(work);
    for (const asked of prepared.asked) await aboutTagger(asked, work);
    result.complete = true;
  } catch (error) {
    if (!(isCongruityError(error) && signal?.aborted === true)) throw error;
  } finally {
    prepared.dispose();
  }
  ends();
  keepResult(path, result);
  return result;
}

/** How well words are predicted, slice by slice. @throws TaskError by way of the tasks */
async function aboutWords({ prepared, context: { signal }, result }: Work): Promise<void> {
  if (result.slices.length > 0) return;
  const { language, slices } = prepared;
  const found: Result['slices'] = [];
  for (const { name, count, leftOut, task, examples } of slices) {
    checkSignal(signal);
    if (task === undefined || examples === undefined) {
      found.push({ name, readings: count, leftOut: leftOut! });
      continue;
    }
    const measured = await predicted(language.model, task, examples, signal);
    found.push({ name, readings: count, ...measured });
    result.rows += examples.inputs.length;
    if (name === ALL) Object.assign(result.model, measured);
  }
  result.slices = found;
}

async function aboutTagger(asked: Asked, work: Work): Promise<void> {
  const { prepared, result, context, keep } = work;
  const known = result.taggers.find(({ name }) => name === asked.name);
  const left = prepared.slices.filter(({ name }) => comparisonOf(result, asked.name, name) === undefined);
  if (known !== undefined && left.length === 0) return;
  checkSignal(context.signal);
  const tagger = await asked.open();
  try {
    const about = known ?? (await introduced(asked, tagger, work));
    const fault = wordsFault(result.model.loss, result.model.byFrequency) ?? (about.control ? undefined : about.fault);
    for (const slice of left) {
      checkSignal(context.signal);
      result.comparisons.push(await aboutSlice(tagger, slice, fault, about.control, work));
      result.rows += result.comparisons.at(-1)!.rows;
      if (slice.task !== undefined) keep(`${asked.name} on ${slice.name}`);
    }
  } finally {
    tagger.model.dispose();
  }
}

/** What a tagger can do over all tokens. */
async function introduced(asked: Asked, tagger: Tagger, { prepared, context, result }: Work) {
  const { task, examples } = prepared.slices.find(({ name }) => name === ALL)!;
  const accuracy = await named(tagger, task!, examples!, context.signal);
  const { commonest } = spread(examples!.inputs.map(({ group }) => group));
  const fault = tagsFault(accuracy, examples!.inputs.length, commonest);
  const about = {
    name: asked.name,
    ...(asked.path !== undefined && { path: asked.path }),
    control: asked.control,
    accuracy,
    ...(fault !== undefined && { fault }),
  };
  result.taggers.push(about);
  result.rows += examples!.inputs.length;
  return about;
}

async function aboutSlice(
  tagger: Tagger,
  { name, leftOut, task, examples }: PreparedSlice,
  fault: string | undefined,
  control: boolean,
  { prepared, context: { path, signal }, settings: { inputs, draws, seed }, result, tell }: Work,
): Promise<ComparisonResult> {
  const nothing = { tagger: tagger.name, slice: name, accuracy: 0, rows: 0, seconds: 0 };
  if (task === undefined || examples === undefined) return { ...nothing, leftOut: leftOut! };
  const accuracy = await named(tagger, task, examples, signal);
  const rows = examples.inputs.length;
  const why =
    fault ??
    (control || accuracy >= NAMED
      ? undefined
      : `it names the group of ${Math.round(100 * accuracy)} % of the words here`);
  if (why !== undefined) return { ...nothing, accuracy, rows, leftOut: why };
  const compared = await comparedSlice([prepared.language.model, tagger.model], {
    task,
    examples,
    inputs,
    draws,
    seed,
    level: result.level,
    cache: join(dirname(path), 'cache'),
    signal,
    progress: (part) => tell(`${tagger.name} on ${name}`, part),
  });
  return { tagger: tagger.name, slice: name, accuracy, ...compared, rows: compared.rows + rows };
}

/** The suite: every model by itself, then every pair. What is done already is kept, and never done again. */
import { join, dirname } from 'node:path';
import { OptionError, isCongruityError } from '../../src/errors.js';
import { checkSignal, clock } from '../../src/signal.js';
import { plural } from '../../src/format.js';
import { argmax } from '../../src/argmax.js';
import type { Model } from '../../src/model/model.js';
import { mean } from '../../src/statistics/mean.js';
import { runExamples } from '../../src/task/run.js';
import type { Examples, Task } from '../../src/task/task.js';
import { version } from '../../src/version.js';
import { contentOf, keepResult, resumed, sameMaterial } from '../kept-result.js';
import type { SuiteContext } from '../suite.js';
import { timing } from '../stopwatch.js';
import { countedRows } from './counted-rows.js';
import { estimateOf, speedOf, type Speed } from './estimate.js';
import { headsOf } from './heads.js';
import { familyOf, findModels, openModel, requireWords, type Found, type Opened } from './models.js';
import { comparedPair } from './pair.js';
import { commonPrompts, crossed, wordsFor, type Prompt, type Reader, type Words } from './prompts.js';
import { kindsOf, represented, untouched, type Represented } from './representation.js';
import { pairOf, resultSchema, type ModelResult, type Result, type Settings } from './result.js';
import { differenceOf, ioiTask } from './task.js';
import { TEMPLATES } from './words.js';

/** Prompts that single heads are tried on. */
const HEADS_ON = 64;

interface Work {
  readonly task: Task<Prompt>;
  readonly others: Task<Prompt>;
  readonly examples: Examples<Prompt>;
  readonly words: Words;
  readonly context: SuiteContext;
  readonly settings: Settings;
  /** keeps what is done, and tells of it */
  readonly keep: (doing: string) => void;
  /** @param part of a pair */
  readonly tell: (doing: string, part: number) => void;
}

/**
 * Runs what is left to do. Ends early, with what there is, where the signal aborts.
 * @throws FileError for a result that is damaged, or of other settings, models or prompts; OptionError where fewer than two models are there, or one predicts no words; TaskError where they have too few words in common, or too few prompts are left
 */
export async function runIoi(settings: Settings, context: SuiteContext): Promise<Result> {
  const { path, signal } = context;
  const { found, skipped } = findModels(settings.models, 'models');
  if (found.length < 2)
    throw new OptionError({
      what: `${plural(found.length, 'model')} of ${settings.models.length} ${found.length === 1 ? 'is' : 'are'} here${skipped[0] ? `; ${skipped[0].path}: ${skipped[0].why}` : ''}`,
      where: 'models',
      hint: 'name two or more folders of language models, or set CONGRUITY_MODELS to the folder that holds them',
    });
  const before = await resumed(path, resultSchema, settings);
  const prepared = await prepare(found, settings, signal);
  const { contents, said } = prepared;
  if (before)
    sameMaterial(
      path,
      { models: before.contents, skipped: before.skipped, made: before.prompts },
      { models: contents, skipped, made: said },
    );
  const result: Result = before ?? {
    suite: 'ioi',
    version,
    settings,
    prompts: said,
    models: [],
    contents,
    skipped: [...skipped],
    pairs: [],
    estimate: prepared.estimate,
    seconds: 0,
    cpuSeconds: 0,
    rows: 0,
    complete: false,
  };
  if (before) context.resumed();
  else context.estimated(prepared.estimate);
  const ends = timing(result);
  const pairs = (found.length * (found.length - 1)) / 2;
  const tell = (doing: string, part = 0): void =>
    context.progress((0.5 * result.models.length + result.pairs.length + part) / (0.5 * found.length + pairs), doing);
  const keep = (doing: string): void => {
    ends();
    keepResult(path, result);
    tell(doing);
  };
  const work: Work = { ...prepared, context, settings, keep, tell };
  try {
    for (const one of found) await aboutModel(one, result, work);
    await allPairs(found, result, work);
    result.complete = true;
  } catch (error) {
    if (!(isCongruityError(error) && signal?.aborted === true)) throw error;
  }
  ends();
  keepResult(path, result);
  return result;
}

/** What all models can read, and how fast they are. One of them is open at a time. */
async function prepare(found: readonly Found[], { inputs, draws, seed }: Settings, signal: AbortSignal | undefined) {
  const readers: (Reader & { readonly context: number })[] = [];
  for (const one of found) {
    const { model, tokenizer, context } = await openModel(one);
    readers.push({ name: one.name, tokenizer, context });
    model.dispose();
  }
  const words = wordsFor(readers);
  const { prompts, refused } = commonPrompts(words, readers, inputs, seed);
  const task = ioiTask(prompts);
  const others = ioiTask(prompts, (prompt) => crossed(prompt, words.names));
  const examples = task.examples(inputs, seed);
  const speeds: Speed[] = [];
  const contents: Record<string, string> = {};
  for (const one of found) {
    checkSignal(signal);
    const opened = await openModel(one);
    const { model, tokenizer } = opened;
    try {
      await requireWords(
        one,
        opened,
        words.names.map((name) => tokenizer.token(` ${name}`)),
      );
      contents[one.given] = contentOf(model.fingerprint, task.identity?.(examples, model));
      speeds.push(await speedOf(model, task, examples));
    } finally {
      model.dispose();
    }
  }
  return {
    words,
    task,
    others,
    examples,
    contents,
    estimate: estimateOf(speeds, {
      inputs: prompts.length,
      draws,
      headPrompts: Math.min(HEADS_ON, prompts.length),
    }),
    said: {
      count: prompts.length,
      names: [...words.names],
      places: words.places.length,
      objects: words.objects.length,
      templates: words.templates.map((at): string => TEMPLATES[at]!),
      leftOut: [...words.leftOut],
      refused: [...refused],
    },
  };
}

async function aboutModel(found: Found, result: Result, work: Work): Promise<void> {
  if (result.models.some(({ name }) => name === found.name)) return;
  const { task, examples, context, keep } = work;
  checkSignal(context.signal);
  const started = clock();
  const { model } = await openModel(found);
  try {
    const family = await familyOf(found, model);
    const { found: said, rows } = await countedRows(context.signal, (signal) => alone(model, task, examples, signal));
    result.models.push({ path: found.given, name: found.name, family, ...said, seconds: (clock() - started) / 1000 });
    result.rows += rows;
  } finally {
    model.dispose();
  }
  keep(`${found.name} by itself`);
}

/** What one model does. */
async function alone(
  model: Model,
  task: Task<Prompt>,
  examples: Examples<Prompt>,
  signal: AbortSignal,
): Promise<Omit<ModelResult, 'path' | 'name' | 'family' | 'seconds'>> {
  const { score, scores, logits } = await runExamples(model, task, examples, { signal });
  const { inputs } = examples;
  const does = task.meets(score);
  return {
    accuracy: score,
    logitDifference: mean(logits.map((row, i) => differenceOf(row, inputs[i]!, model.tokenizer))),
    first: mean(logits.map((row, i) => Number(argmax(row) === model.tokenizer!.token(inputs[i]!.indirectObject)))),
    ...(does ? {} : { leftOut: `it does not do the task: ${task.behaviour.name} is not ${task.thresholdText}` }),
    heads: does ? await headsOf(model, task, { inputs: inputs.slice(0, HEADS_ON) }, signal) : [],
    kinds: kindsOf(inputs).map(({ kind, at }) => ({
      kind,
      prompts: at.length,
      accuracy: mean(at.map((i) => scores[i]!)),
    })),
  };
}

/** Two models are open at a time: the row's, and one column's. */
async function allPairs(found: readonly Found[], result: Result, work: Work): Promise<void> {
  const judged = found.filter(({ name }) => result.models.find((one) => one.name === name)?.leftOut === undefined);
  for (const [i, row] of judged.entries()) {
    const left = judged.slice(i + 1).filter((column) => pairOf(result, row.name, column.name) === undefined);
    if (left.length === 0) continue;
    const first = await withRepresentation(row, result, work);
    try {
      for (const column of left) {
        const second = await withRepresentation(column, result, work);
        try {
          await aboutPair([row, column], [first, second], result, work);
        } finally {
          second.opened.model.dispose();
        }
        work.keep(`${row.name} against ${column.name}`);
      }
    } finally {
      first.opened.model.dispose();
    }
  }
}

async function withRepresentation(
  found: Found,
  result: Result,
  { task, examples, context: { signal } }: Work,
): Promise<{ readonly opened: Opened; readonly untouched: Represented }> {
  checkSignal(signal);
  const opened = await openModel(found);
  try {
    const { found: untouched, rows } = await countedRows(signal, (own) =>
      represented(opened.model, task, examples, own),
    );
    result.rows += rows;
    return { opened, untouched };
  } catch (error) {
    opened.model.dispose();
    throw error;
  }
}

async function aboutPair(
  [row, column]: readonly [Found, Found],
  [a, b]: readonly [Awaited<ReturnType<typeof withRepresentation>>, Awaited<ReturnType<typeof withRepresentation>>],
  result: Result,
  { task, others, examples, words, tell, context: { path, signal }, settings: { draws, seed } }: Work,
): Promise<void> {
  const compared = await comparedPair([a.opened.model, b.opened.model], {
    task,
    others,
    answers: words.names.map((name) => ` ${name}`),
    inputs: examples.inputs.length,
    draws,
    seed,
    cache: join(dirname(path), 'cache'),
    signal,
    progress: (part) => tell(`${row.name} against ${column.name}`, part),
  });
  result.pairs.push({
    row: row.name,
    column: column.name,
    ...compared,
    ...(await untouched([a.untouched, b.untouched], examples.inputs, signal)),
  });
  result.rows += compared.rows;
}

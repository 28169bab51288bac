/** What a run is made of: the text's places, slices of them, who is asked, and what it will come to. */
import { OptionError, TaskError } from '../../src/errors.js';
import { plural } from '../../src/format.js';
import { checkSignal } from '../../src/signal.js';
import type { Examples, Task } from '../../src/task/task.js';
import { FEWEST } from '../fewest.js';
import { contentOf } from '../kept-result.js';
import type { SuiteEstimate } from '../suite.js';
import { findModels, openModel, requireWords, type Found, type Opened } from '../ioi/models.js';
import { estimateOf, speedOf } from './estimate.js';
import { promptFor, prompted } from './prompted.js';
import { ALL, SHORTEST, readingsOf, slicesOf, type Reading, type SliceName } from './readings.js';
import type { Result, Settings } from './result.js';
import { openTagger, type Tagger } from './taggers.js';
import { readTagged, type TaggedText } from './tagged-text.js';
import { Others, sliceTask } from './task.js';

/** Of the text, for the page. */
const SHOWN = { sentences: 12, words: 40 };

/** Who is asked for parts of speech. */
export interface Asked {
  readonly name: string;
  /** as it was given; undefined for the language model on prompts */
  readonly path: string | undefined;
  readonly control: boolean;
  readonly open: () => Promise<Tagger>;
}

/** A slice as it is compared; without a task where it has too few places. */
export interface PreparedSlice {
  readonly name: SliceName;
  readonly count: number;
  readonly leftOut?: string | undefined;
  readonly task?: Task<Reading> | undefined;
  readonly examples?: Examples<Reading> | undefined;
}

export interface Prepared {
  /** what the language model is called */
  readonly name: string;
  /** its own to dispose of */
  readonly language: Opened;
  readonly asked: readonly Asked[];
  readonly readings: readonly Reading[];
  readonly slices: readonly PreparedSlice[];
  readonly skipped: Result['skipped'];
  readonly contents: Result['contents'];
  readonly said: Result['text'];
  readonly estimate: SuiteEstimate;
  dispose(): void;
}

/** @throws as `runPartsOfSpeech` */
export async function prepare(settings: Settings, signal: AbortSignal | undefined): Promise<Prepared> {
  const {
    found: [own],
    skipped,
  } = findModels([settings.model], 'model');
  if (own === undefined)
    throw new OptionError({
      what: `the language model is not here: ${skipped[0]!.why}`,
      where: settings.model,
      hint: 'give --model the folder of a language model with its tokenizer',
    });
  const text = readTagged(settings.text);
  const language = await openModel(own);
  try {
    return {
      ...(await prepared(settings, own, language, text, signal)),
      name: own.name,
      dispose: () => language.model.dispose(),
    };
  } catch (error) {
    language.model.dispose();
    throw error;
  }
}

/** Taggers that are here, and the language model on prompts. */
function whoIsAsked(settings: Settings, language: Opened, text: TaggedText, before: number) {
  const { found, skipped: missing } = findModels([...settings.taggers, ...settings.controls], 'taggers, controls');
  const skipped = [...missing];
  const asked: Asked[] = found.map((one) => ({
    name: one.name,
    path: one.given,
    control: settings.controls.includes(one.given),
    open: () => openTagger(one, language),
  }));
  const excluded: { why: string; count: number }[] = [];
  if (settings.prompts) {
    const prompt = promptFor(text.sentences, language.tokenizer, settings.seed);
    if (prompt === undefined)
      skipped.push({
        path: `${settings.model} on prompts`,
        why: 'its tokenizer has too few names of parts of speech as single tokens',
      });
    else {
      const tagger = prompted(language, prompt, before);
      if (tagger.context < before + SHORTEST)
        skipped.push({
          path: tagger.name,
          why: `its prompt takes ${plural(prompt.prefix.length + prompt.suffix.length, 'token')} of a context of ${language.context}`,
        });
      else asked.push({ name: tagger.name, path: undefined, control: false, open: () => Promise.resolve(tagger) });
      excluded.push(...prompt.excluded);
    }
  }
  if (asked.length === 0)
    throw new OptionError({
      what: `nobody is here to identify parts of speech${skipped[0] ? `: ${skipped[0].path}: ${skipped[0].why}` : ''}`,
      where: 'taggers',
      hint: 'name models for token classification with --taggers, or ask the language model itself with --prompts',
    });
  return { asked, skipped, excluded };
}

async function prepared(
  settings: Settings,
  own: Found,
  language: Opened,
  text: TaggedText,
  signal: AbortSignal | undefined,
): Promise<Omit<Prepared, 'name' | 'dispose'>> {
  const { inputs, draws, seed } = settings;
  const { tokenizer } = language;
  const before = tokenizer.encode('').length;
  const { asked, skipped, excluded } = whoIsAsked(settings, language, text, before);
  let context = language.context;
  const contents: Record<string, string> = { [own.given]: contentOf(language.model.fingerprint) };
  for (const one of asked) {
    checkSignal(signal);
    const tagger = await one.open();
    context = Math.min(context, tagger.context);
    contents[one.path ?? one.name] = contentOf(tagger.model.fingerprint, tagger.answers);
    tagger.model.dispose();
  }
  const found = readingsOf(text.sentences, tokenizer, { context, seed });
  const others = new Others(found.all);
  const slices = slicesOf(found.all, { by: settings.slices, seed }).map(({ name, readings }): PreparedSlice => {
    const some = readings.filter((one) => others.of(one).length > 0);
    if (some.length < FEWEST)
      return {
        name,
        count: some.length,
        leftOut: `${plural(some.length, 'place')} with another as long and of another group, and at least ${FEWEST} are needed`,
      };
    const task = sliceTask({ name, readings: some }, others);
    return { name, count: some.length, task, examples: task.examples(inputs, seed) };
  });
  const whole = slices.find(({ name }) => name === ALL)!;
  if (whole.task === undefined)
    throw new TaskError({
      what: `the text has ${plural(found.all.length, 'place')} that can be read${found.excluded.map(({ why, count }) => `; left out: ${count} ${why}`).join('')}`,
      where: settings.text.join(', '),
      hint: `give more text: at least ${FEWEST} places are needed`,
    });
  await requireWords(
    own,
    language,
    found.all.map(({ next }) => next),
  );
  const speeds = [await speedOf(language.model, whole.task, whole.examples!)];
  for (const one of asked) {
    checkSignal(signal);
    const tagger = await one.open();
    try {
      speeds.push(await speedOf(tagger.model, whole.task, whole.examples!));
    } finally {
      tagger.model.dispose();
    }
  }
  const judged = slices.filter(({ task }) => task !== undefined).length;
  return {
    language,
    asked,
    readings: found.all,
    slices,
    skipped,
    contents,
    said: {
      files: text.files,
      sentences: text.sentences.length,
      places: contentOf(found.all),
      excluded: [
        ...(text.passedOver > 0 ? [{ why: 'files without tags', count: text.passedOver }] : []),
        ...(text.untagged > 0 ? [{ why: 'words without a tag', count: text.untagged }] : []),
        ...(text.sentencesLeftOut > 0 ? [{ why: 'sentences with such words', count: text.sentencesLeftOut }] : []),
        ...found.excluded,
        ...excluded,
      ],
      shown: text.sentences
        .slice(0, SHOWN.sentences)
        .map(({ words }) =>
          words.slice(0, SHOWN.words).map(({ word, group }): [string, typeof group] => [word, group]),
        ),
    },
    estimate: estimateOf(speeds, { slices: judged, inputs, draws }),
  };
}

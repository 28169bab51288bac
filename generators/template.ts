import * as fc from 'fast-check';
import { InputError, OptionError } from '../src/errors.js';
import { suggest } from '../src/options.js';
import { downFrom } from './_internals/reductions.js';

/** Text with what fills its slots, so that a behaviour can read them: `({ slots }) => ' ' + slots.A`. */
export interface TemplatedText<Slot extends string = string> {
  readonly text: string;
  readonly slots: Readonly<Record<Slot, string>>;
  /** the same text with another word in one slot */
  with(slot: Slot, word: string): TemplatedText<Slot>;
  /** all texts that differ from this one in that slot only */
  variants(slot: Slot): TemplatedText<Slot>[];
  toString(): string;
}

/** How a slot is coded: as a place among the words that slots of its kind before it left over. */
interface SlotPlan {
  readonly words: readonly string[];
  /** slots of the same kind that come before */
  readonly before: readonly number[];
}

const escape = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

class Text<Slot extends string> implements TemplatedText<Slot> {
  readonly #template: Template<Slot>;

  constructor(
    template: Template<Slot>,
    readonly text: string,
    readonly slots: Readonly<Record<Slot, string>>,
  ) {
    this.#template = template;
    Object.defineProperty(this, fc.toStringMethod, { value: () => JSON.stringify(text), enumerable: false });
  }

  with(slot: Slot, word: string): TemplatedText<Slot> {
    return this.#template.filled({ ...this.slots, [slot]: word });
  }

  variants(slot: Slot): TemplatedText<Slot>[] {
    const { names, words } = this.#template;
    const taken = names.filter((name) => sameWords(words[name], words[slot])).map((name) => this.slots[name]);
    return words[slot].filter((word) => !taken.includes(word)).map((word) => this.with(slot, word));
  }

  toString(): string {
    return this.text;
  }

  /** What it is by value: two of the same words are one input. */
  toJSON(): Pick<TemplatedText<Slot>, 'text' | 'slots'> {
    return { text: this.text, slots: this.slots };
  }
}

/** Texts of one template. */
export class Template<Slot extends string> extends fc.Arbitrary<TemplatedText<Slot>> {
  /** in the order in which they are given */
  readonly names: readonly Slot[];
  private readonly plans: readonly SlotPlan[];
  private readonly inner: fc.Arbitrary<TemplatedText<Slot>>;
  private readonly shape: RegExp;

  constructor(
    readonly template: string,
    /** what may fill each slot */
    readonly words: Readonly<Record<Slot, readonly string[]>>,
  ) {
    super();
    this.names = Object.keys(words) as Slot[];
    const lists = this.names.map((name) => words[name]);
    this.plans = lists.map((list, at) => ({
      words: list,
      before: lists.flatMap((other, i) => (i < at && sameWords(list, other) ? [i] : [])),
    }));
    this.inner = fc.tuple(...this.plans.map(({ words: list, before }) => fc.nat(list.length - 1 - before.length))).map(
      (codes) => this.decode(codes),
      (value) => this.encode((value as TemplatedText<Slot>).slots),
    );
    const seen = new Set<string>();
    this.shape = new RegExp(
      `^${template
        .split(/(\{[^{}]*\})/)
        .map((part, i) => {
          if (i % 2 === 0) return escape(part);
          const name = part.slice(1, -1) as Slot;
          const group = `s${this.names.indexOf(name)}`;
          if (seen.has(name)) return `\\k<${group}>`;
          seen.add(name);
          return `(?<${group}>${words[name].map(escape).join('|')})`;
        })
        .join('')}$`,
      'u',
    );
  }

  generate(mrng: fc.Random, biasFactor: number | undefined): fc.Value<TemplatedText<Slot>> {
    return this.inner.generate(mrng, biasFactor);
  }

  canShrinkWithoutContext(value: unknown): value is TemplatedText<Slot> {
    return this.inner.canShrinkWithoutContext(value);
  }

  shrink(value: TemplatedText<Slot>): fc.Stream<fc.Value<TemplatedText<Slot>>> {
    return fc.stream(this.simpler(value));
  }

  /** One slot at a time gets an earlier word that no other slot of its kind has; then two of a kind change places, the earlier word first. */
  private *simpler({ slots }: TemplatedText<Slot>): Generator<fc.Value<TemplatedText<Slot>>> {
    const place = (name: Slot): number => this.words[name].indexOf(slots[name]);
    const kindOf = (name: Slot): Slot[] =>
      this.names.filter((other) => other !== name && sameWords(this.words[name], this.words[other]));
    const made = (changed: Partial<Record<Slot, string>>): fc.Value<TemplatedText<Slot>> =>
      new fc.Value(this.filled({ ...slots, ...changed }), undefined);
    for (const name of this.names) {
      const taken = kindOf(name).map((other) => slots[other]);
      for (const less of downFrom(place(name)))
        if (!taken.includes(this.words[name][less]!))
          yield made({ [name]: this.words[name][less]! } as Partial<Record<Slot, string>>);
    }
    for (const [at, name] of this.names.entries())
      for (const later of kindOf(name).filter((other) => this.names.indexOf(other) > at))
        if (place(later) < place(name))
          yield made({ [name]: slots[later], [later]: slots[name] } as Partial<Record<Slot, string>>);
  }

  /** The text with these words. @throws InputError for words that may not fill their slots, or one word in two slots of a kind */
  filled(slots: Readonly<Record<Slot, string>>): TemplatedText<Slot> {
    return this.decode(this.encode(slots));
  }

  /** The value whose text this is. @throws InputError where the template does not give it */
  parse(text: string): TemplatedText<Slot> {
    const groups = this.shape.exec(text)?.groups;
    if (!groups)
      throw new InputError({
        what: `${JSON.stringify(text)} is no text of this template`,
        where: JSON.stringify(this.template),
        hint: 'give a text as the template prints it',
      });
    return this.filled(
      Object.fromEntries(this.names.map((name, i) => [name, groups[`s${i}`]!])) as Record<Slot, string>,
    );
  }

  private decode(codes: readonly number[]): TemplatedText<Slot> {
    const chosen: number[] = [];
    this.plans.forEach(({ words, before }, at) => {
      const taken = new Set(before.map((i) => words.indexOf(this.plans[i]!.words[chosen[i]!]!)));
      const free = words.map((_, i) => i).filter((i) => !taken.has(i));
      chosen.push(free[codes[at]!]!);
    });
    const slots = Object.fromEntries(this.names.map((name, i) => [name, this.plans[i]!.words[chosen[i]!]!])) as Record<
      Slot,
      string
    >;
    return new Text(
      this,
      this.template.replace(/\{([^{}]*)\}/g, (_, name: Slot) => slots[name]),
      slots,
    );
  }

  private encode(slots: Readonly<Record<Slot, string>>): number[] {
    return this.plans.map(({ words, before }, at) => {
      const name = this.names[at]!;
      const taken = before.map((i) => slots[this.names[i]!]);
      const code = words.filter((word) => !taken.includes(word)).indexOf(slots[name]);
      if (code < 0)
        throw new InputError({
          what: `${JSON.stringify(slots[name])} cannot fill the slot {${name}}`,
          where: JSON.stringify(this.template),
          hint: taken.includes(slots[name])
            ? 'slots with the same words are filled with different ones'
            : suggest(String(slots[name]), words),
        });
      return code;
    });
  }
}

const sameWords = (a: readonly string[], b: readonly string[]): boolean =>
  a === b || (a.length === b.length && a.every((word, i) => word === b[i]));

/**
 * Text with slots. Slots with the same list of words are of one kind and never hold the same word; a slot that stands twice in the text holds the same word twice. Values
 * keep what fills their slots. Shrinks each slot towards the first word that no other slot of its kind has.
 *
 *     template('When {A} and {B} went to the {place}, {B} gave a drink to', { A: names, B: names, place: ['shop', 'park'] })
 *
 * A task over it needs no `encode`: the model's tokenizer gets the text.
 * @throws OptionError for a slot without words, words without a slot, or fewer words than slots of that kind
 */
export function template<const Words extends Readonly<Record<string, readonly string[]>>>(
  text: string,
  words: Words,
): Template<keyof Words & string> {
  const fail = (what: string, hint: string): never => {
    throw new OptionError({ what, where: 'template', hint });
  };
  const slots = new Set([...text.matchAll(/\{([^{}]*)\}/g)].map(([, name]) => name!));
  const given = Object.keys(words);
  for (const name of slots)
    if (!given.includes(name))
      fail(
        `the slot {${name}} has no words`,
        given.length === 0 ? 'give a list of words for each slot' : suggest(name, given),
      );
  for (const name of given) {
    const list = words[name]!;
    if (!slots.has(name)) fail(`the text has no slot {${name}}`, suggest(name, [...slots]));
    if (
      !Array.isArray(list) ||
      list.length === 0 ||
      !list.every((word) => typeof word === 'string') ||
      new Set(list).size < list.length
    )
      fail(`the words for {${name}} are not a list of distinct strings`, 'give at least one word, none twice');
    const kind = given.filter((other) => sameWords(words[other]!, list));
    if (kind.length > list.length)
      fail(
        `${list.length} words cannot fill the ${kind.length} slots {${kind.join('}, {')}} with different ones`,
        'give more words, or the slots lists of their own',
      );
  }
  return new Template(text, words as Readonly<Record<keyof Words & string, readonly string[]>>);
}

/** True for a value of a template, of any copy of this package. */
export function isTemplated(value: unknown): value is TemplatedText {
  const text = value as TemplatedText | null | undefined;
  return typeof text?.text === 'string' && typeof text.slots === 'object' && typeof text.variants === 'function';
}

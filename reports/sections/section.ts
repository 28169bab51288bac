/** A part of what a check found. There is one list of them (index.ts); each writer loops over it and takes the form it shows. */
import type { Markup } from '../html/markup.js';
import type { Interval } from '../../src/interval.js';
import type { Check } from '../schema.js';

/** What a comparison of two models found. */
export type Comparison = NonNullable<Check['evidence']>;
/** What a search for a counterexample found. */
export type Claim = NonNullable<Check['claim']>;

/** A line of the terminal, the summary, and the page's short form. */
export interface Line {
  /** empty: the text is a sentence of its own */
  readonly label: string;
  readonly text: string;
  /** after the text, to be copied: never wrapped */
  readonly code?: string | undefined;
}

/** Names of measured values: the same as in report.json as far as they are there. */
export type Properties = Record<string, string>;

export interface Section {
  /** unique; of its place on the page */
  readonly id: string;
  /** what it stands under on the page, together with those before it that have the same. Without one it is part of the head of a check, which is shown even where details are not */
  readonly title?: string | undefined;
  applies(check: Check): boolean;
  /** for the page */
  html?(check: Check): Markup | undefined;
  /** for what is plain text */
  lines?(check: Check): readonly Line[];
  /** for junit.xml, in full precision */
  properties?(check: Check): Properties;
}

/** A section about one kind of evidence. */
interface About<T> {
  readonly id: string;
  readonly title: string;
  /** Default: wherever there is evidence of that kind */
  applies?(about: T): boolean;
  html?(about: T, check: Check): Markup | undefined;
  lines?(about: T, check: Check): readonly Line[];
  properties?(about: T, check: Check): Properties;
}

function about<T>(of: (check: Check) => T | undefined, section: About<T>): Section {
  const { id, title, html, lines, properties } = section;
  return {
    id,
    title,
    applies: (check) => {
      const found = of(check);
      return found !== undefined && (section.applies?.(found) ?? true);
    },
    ...(html && { html: (check) => html(of(check)!, check) }),
    ...(lines && { lines: (check) => lines(of(check)!, check) }),
    ...(properties && { properties: (check) => properties(of(check)!, check) }),
  };
}

export const ofComparison = (section: About<Comparison>): Section => about(({ evidence }) => evidence, section);
export const ofClaim = (section: About<Claim>): Section => about(({ claim }) => claim, section);

/** Label and value as lines. */
export const linesOf = (rows: readonly (readonly [string, string])[]): Line[] =>
  rows.map(([label, text]) => ({ label, text }));

/** An estimate with its limits as properties. */
export const limitsUnder = (name: string, { estimate, low, high }: Interval): Properties => ({
  [name]: String(estimate),
  [`${name}.low`]: String(low),
  [`${name}.high`]: String(high),
});

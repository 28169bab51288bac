/** Groups of tokens, and which of them a tag belongs to: tags of the Brown corpus, of the Penn Treebank, of Universal Dependencies, or the group's own name. */

export const groups = [
  'closing punctuation',
  'closing bracket',
  'opening bracket',
  'comma or dash',
  'article',
  'preposition',
  'conjunction',
  'pronoun',
  'determiner',
  'auxiliary',
  'verb',
  'name',
  'noun',
  'number',
  'adjective',
  'adverb',
  'other',
] as const;
/** A group of tokens. Quotation marks count as brackets. */
export type Group = (typeof groups)[number];

/** Punctuation by what it looks like: one tag of Universal Dependencies is for all of it. */
const marks: readonly (readonly [Group, RegExp])[] = [
  ['closing punctuation', /^[.?!;\u2026]+$/],
  ['closing bracket', /^(''|[)\]}\u201d\u2019\u00bb]|-rrb-|-rcb-)$/],
  ['opening bracket', /^(``|[([{\u201c\u2018\u00ab]|-lrb-|-lcb-)$/],
  ['comma or dash', /^([,:'"\u2013\u2014]|--+|-)$/],
];

/** The first that the whole tag matches. */
const tags: readonly (readonly [Group, RegExp])[] = [
  ...marks.slice(1),
  ['closing punctuation', /^\.$/],
  ['article', /^at$/],
  ['preposition', /^(in|adp)$/],
  ['conjunction', /^(c[cs]|[cs]?conj)$/],
  ['pronoun', /^(pp.*|prp|pron|prn|wp.*|pn|ex)$/],
  ['determiner', /^(dt.*|det|pdt|ap|ab.|wdt)$/],
  ['auxiliary', /^(be.*|do.?|hv.?|md|aux)$/],
  ['verb', /^(vb.?|verb)$/],
  ['name', /^(np.?|nnps?|propn)$/],
  ['noun', /^(nns?|nrs?|noun)$/],
  ['number', /^(cd|od|num)$/],
  ['adjective', /^(jj.?|adj)$/],
  ['adverb', /^(rb.?|rn|rp|qlp?|wrb|wql|adv)$/],
];

const isArticle = /^(a|an|the)$/i;

/** @param word tells articles from other determiners, and marks of punctuation from each other, where the tag does not */
export function groupOf(tag: string, word: string): Group {
  const given = tag.toLowerCase();
  const own = groups.find((group) => group === given);
  if (own !== undefined) return own;
  if (given === 'punct') return marks.find(([, mark]) => mark.test(word.toLowerCase()))?.[0] ?? 'other';
  if (/^(fw|nil)(-|$)/.test(given)) return 'other';
  // Brown's marks of titles, headlines, cited words, contracted second words, negation and possession
  const plain = given
    .replace(/(-(tl|hl|nc))+$/, '')
    .replace(/\+.*$/, '')
    .replace(/(?<=.)[*$]+$/, '');
  const found = tags.find(([, pattern]) => pattern.test(plain))?.[0] ?? 'other';
  return found === 'determiner' && isArticle.test(word) ? 'article' : found;
}

/** Words of the prompts. Every model says which of them it has. */

const listed = (words: string): readonly string[] => words.split(' ');

/** Names that are tried; a prompt needs such as are one token of every model. */
export const NAMES = listed(
  'Mary John Tom Anna Paul Lisa Mark Sarah James Emma David Laura Peter Alice ' +
    'Simon Julia Henry Clara Frank Rose Jack Ruth Victor Helen Charlotte Charles Benjamin Michael ' +
    'Robert William Elizabeth Susan George Alexander Bartholomew',
);

export const PLACES = listed(
  'store park school office garden hospital restaurant library station market beach museum kitchen village ' +
    'bridge church hotel',
);

export const OBJECTS = listed(
  'drink ring book ball letter gift bag key cup map phone flower hat lamp coat box cake clock pen coin',
);

/** A and B are the first two names, one of which is the indirect object; S is the subject again. No name stands first: there it would have no space before it. */
export const TEMPLATES = [
  'Then {A} and {B} went to the {place}. {S} gave a {object} to',
  'When {A} and {B} went to the {place}, {S} gave a {object} to',
  'After {A} and {B} came to the {place}, {S} handed a {object} to',
  'While {A} and {B} were working at the {place}, {S} showed a {object} to',
  'Friends {A} and {B} found a {object} at the {place}. {S} gave it to',
  'Today {A} and {B} had a long day at the {place}, and {S} decided to give a {object} to',
  'Yesterday {A} met {B} at the {place}. There {S} offered a {object} to',
  'Once {A} and {B} sat in the {place}, and {S} passed a {object} to',
] as const;

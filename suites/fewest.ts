/** Inputs without which a suite compares nothing: prompts, or places of a text. */
export const FEWEST = 40;

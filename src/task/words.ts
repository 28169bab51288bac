/** Inputs as a reader sees them. */

/** The most that is printed of one input. */
const LONGEST = 120;

/** Tokens and numbers as `[3, 5]`, text in quotes, anything else as JSON; cut where it is long. */
export function inputInWords(input: unknown): string {
  const text =
    Array.isArray(input) && input.every((one) => typeof one === 'number')
      ? `[${input.join(', ')}]`
      : (JSON.stringify(input) ?? String(input));
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

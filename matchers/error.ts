/** An undecided verdict, or one that could not be reached: fails with and without `.not`. */
export class MatcherError extends Error {
  override readonly name = 'MatcherError';
}

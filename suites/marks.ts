/** A verdict in the cell of a matrix. */
export const MARKS = { equivalent: '=', different: '≠', undecided: '?' } as const;

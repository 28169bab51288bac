/** Stated power in sentences. */
import { percent, plural } from '../format.js';
import type { PowerRow } from './evidence.js';

/** `1 component of the circuit resampled: 5 of 6 stopped, 36 to 100 %; 2 more break the behaviour` */
export function rowInWords({ description, planted, broken, stopped, share }: PowerRow): string {
  const kept = planted - broken;
  const also = broken > 0 ? `${broken} of ${planted} break the behaviour and are refused` : '';
  if (kept === 0) return `${description}: ${also}`;
  const said = `${description}: ${stopped} of ${kept} stopped, ${percent(share.low)} to ${percent(share.high)}`;
  return also === '' ? said : `${said}; ${also}`;
}

/** @param left changes that are still to be judged */
export function powerInWords(rows: readonly PowerRow[], blind: boolean, left: number): string[] {
  const kept = rows.reduce((sum, { kind, planted, broken }) => (kind === 'none' ? sum : sum + planted - broken), 0);
  return [
    ...(blind
      ? [
          kept === 0
            ? 'Nothing that was planted keeps the behaviour, so it is not known what the comparison would stop.'
            : 'The comparison is blind to what was planted: of every kind, less than half is stopped.',
        ]
      : []),
    ...rows.map((row) => `${rowInWords(row)}.`),
    ...(left > 0 ? [`${plural(left, 'more change')} will be judged in the next runs.`] : []),
  ];
}

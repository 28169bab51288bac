// The one table: a row for each kind of attack.
const megabytes = (bytes) => (bytes === undefined ? '' : `${Math.round(bytes / 1e6)} MB`);

export function table(rows) {
  const lines = [
    [
      'Attack',
      'Times',
      'Went through',
      'Typed error, or ended as it must',
      'Crashed, hung, untyped, left behind',
      'Most memory',
      'Note',
    ],
    ['---', '--:', '--:', '--:', '--:', '--:', '---'],
    ...rows.map(({ part, tries, accepted, typed, bad, peak, note }) => [
      part,
      tries,
      accepted,
      typed,
      bad.length,
      megabytes(peak),
      note,
    ]),
  ];
  const sum = (key) => rows.reduce((total, row) => total + row[key], 0);
  lines.push([
    '**together**',
    sum('tries'),
    sum('accepted'),
    sum('typed'),
    rows.reduce((total, { bad }) => total + bad.length, 0),
    megabytes(Math.max(0, ...rows.map(({ peak }) => peak ?? 0))),
    '',
  ]);
  return lines
    .map(
      (cells) =>
        `| ${cells.map((cell) => (typeof cell === 'number' ? cell.toLocaleString('en') : cell)).join(' | ')} |`,
    )
    .join('\n');
}

/** Every thing that must not happen, in words. */
export const failures = (rows) => rows.flatMap(({ part, bad }) => bad.map((text) => `${part}: ${text}`));

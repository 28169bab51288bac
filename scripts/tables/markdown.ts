/** Tables of Markdown as prettier writes them, and where they go in a page. */

export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

const END = '<!-- end of table -->';

export function markdown({ head, rows }: Table): string {
  // a bar would end the cell
  const lines = [head, ...rows].map((cells) => cells.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = head.map((_, column) => Math.max(3, ...lines.map((cells) => cells[column]!.length)));
  const [first, ...rest] = lines.map((cells) => `| ${cells.map((cell, i) => cell.padEnd(widths[i]!)).join(' | ')} |`);
  return [first, `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...rest].join('\n');
}

/**
 * A page with its tables as they are now.
 * @throws Error for a table that the page has no place for, and for a place without a table
 */
export function withTables(text: string, tables: Readonly<Record<string, Table>>, page: string): string {
  const left = new Set(Object.keys(tables));
  const filled = text.replace(new RegExp(`<!-- table: ([\\w-]+) -->\\n[^]*?${END}`, 'g'), (_, name: string) => {
    const table = tables[name];
    if (!table || !left.delete(name)) throw new Error(`${page}: there is no table "${name}", or it is there twice`);
    return `<!-- table: ${name} -->\n\n${markdown(table)}\n\n${END}`;
  });
  if (left.size > 0) throw new Error(`${page} has no place for ${[...left].join(', ')}: <!-- table: NAME -->, ${END}`);
  return filled;
}

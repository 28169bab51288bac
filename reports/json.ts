/** report.json: the report as it is, for programs. What a terminal or a CI would take for more than text is escaped. */
import { plainJson } from '../src/plain.js';
import type { Report } from './schema.js';
import { validReport } from './validate.js';

export const schemaId = 'https://unpkg.com/congruity/schema/report.schema.json';

/** A matrix row stays on one line: a report is read by people too, and diffed. (No string holds a bare line end.) */
const rowsOnOneLine = (text: string): string =>
  text.replace(
    /\[\n\s*([\d.eE+-]+(?:,\n\s*[\d.eE+-]+)*)\n\s*\]/g,
    (_, inner: string) => `[${inner.replace(/\s+/g, ' ')}]`,
  );

/**
 * The text of report.json, ended by a newline.
 * @throws NumericalError for NaN or infinity anywhere: JSON would turn them into null
 * @throws FileError where the report breaks its schema
 */
export function toJson(report: Report): string {
  const { $schema = schemaId, ...rest } = validReport(report);
  return plainJson(rowsOnOneLine(JSON.stringify({ $schema, ...rest }, null, 2))) + '\n';
}

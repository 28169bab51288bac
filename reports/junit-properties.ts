/** What a check measured, by name, in full precision: for junit.xml. */
import type { Check } from './schema.js';
import { sectionsOf } from './sections/index.js';
import type { Properties } from './sections/section.js';

/** A check's numbers, in full precision, by name. */
export const properties = (check: Check): Properties =>
  Object.assign({}, ...sectionsOf(check).map((section) => section.properties?.(check))) as Properties;

/** A test with several checks has each one's values under its own prefix, from the second on. */
export function propertiesOf(checks: readonly Check[]): Properties {
  return Object.assign(
    {},
    ...checks.map((check, i) =>
      Object.fromEntries(
        Object.entries(properties(check)).map(([name, value]) => [i === 0 ? name : `check${i + 1}.${name}`, value]),
      ),
    ),
  ) as Properties;
}

/** The published JSON Schema of report.json, made from the zod schema. `node schema/generate.mjs` writes it. */
import * as z from 'zod';
import { schemaId } from './json.js';
import { reportSchema } from './schema.js';

/** draft 2020-12 */
export function reportJsonSchema(): Record<string, unknown> {
  const { $schema, ...schema } = z.toJSONSchema(reportSchema, {
    target: 'draft-2020-12',
    override: ({ jsonSchema }) => {
      // zod's tuples have exactly as many members as they name; say so in the schema too
      if (jsonSchema.prefixItems) {
        jsonSchema.minItems = jsonSchema.prefixItems.length;
        jsonSchema.items = false;
      }
    },
  });
  return {
    $schema,
    $id: schemaId,
    title: 'congruity report',
    description: 'What congruity measured and concluded, one entry of `checks` per comparison.',
    ...schema,
  };
}

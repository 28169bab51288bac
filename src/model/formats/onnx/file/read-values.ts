/** What an ONNX graph says of its inputs, outputs and values between. */
import type { Field, Reader } from '../../../../io/protobuf-wire.js';
import { elementType, typeName } from './element-types.js';
import { spanOf, show, type Span, type ValueInfo } from './messages.js';
import { mostAxes } from './read-tensors.js';

export function readValueInfo(reader: Reader, field: Field, what: string): ValueInfo {
  const span = spanOf(reader, field, 'the graph');
  let name = '';
  let type = 0;
  let tensor = false;
  let other = false;
  let dims: (number | string | undefined)[] | undefined;
  for (const entry of reader.fields(span.from, span.to, what)) {
    if (entry.number === 1) name = reader.string(entry, what);
    if (entry.number !== 2) continue;
    const at = spanOf(reader, entry, what);
    for (const kind of reader.fields(at.from, at.to, what)) {
      if (kind.number === 4 || kind.number === 5 || kind.number === 7 || kind.number === 8 || kind.number === 9)
        other = true;
      if (kind.number !== 1) continue;
      tensor = true;
      const inner = spanOf(reader, kind, what);
      for (const detail of reader.fields(inner.from, inner.to, what)) {
        if (detail.number === 1) type = reader.int(detail, what);
        else if (detail.number === 2) dims = readShape(reader, spanOf(reader, detail, what), what, dims ?? []);
      }
    }
  }
  if (name === '') reader.fail(`${what} has no name`);
  if (tensor && type !== 0 && elementType(type) === undefined)
    reader.fail(`${what}, ${show(name)}, has the unknown element ${typeName(type)}`);
  return { name, type, tensor: tensor && !other, dims, span };
}

function readShape(
  reader: Reader,
  { from, to }: Span,
  what: string,
  dims: (number | string | undefined)[],
): (number | string | undefined)[] {
  for (const entry of reader.fields(from, to, what)) {
    if (entry.number !== 1) continue;
    let size: number | string | undefined;
    const at = spanOf(reader, entry, what);
    for (const dim of reader.fields(at.from, at.to, what)) {
      if (dim.number === 1) {
        const value = reader.int(dim, what);
        // some exporters write an unknown size as -1
        size = value < 0 ? undefined : value;
      } else if (dim.number === 2) size = reader.string(dim, what) || undefined;
    }
    dims.push(size);
    if (dims.length > mostAxes) reader.fail(`${what} has more than ${mostAxes} axes`);
  }
  return dims;
}

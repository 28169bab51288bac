/**
 * protobuf's wire format, read field by field and written from slices. A model is edited at this level so that what is not understood here (unknown
 * fields, doc strings, 64-bit integers) comes out as it went in, and so that weights are never copied to be read.
 * Format: https://protobuf.dev/programming-guides/encoding
 */
// jsdom has no such globals
import { TextDecoder, TextEncoder } from 'node:util';
import { FileError } from '../errors.js';

export interface Field {
  readonly number: number;
  /** 0 varint, 1 eight bytes, 2 length-delimited, 5 four bytes */
  readonly wire: 0 | 1 | 2 | 5;
  /** where the tag begins */
  readonly from: number;
  /** where the payload begins; of a length-delimited field, after its length */
  readonly start: number;
  /** where the payload ends */
  readonly end: number;
}

const damaged = 'the file is damaged or is no ONNX model: get it again, or export it anew';

export class Reader {
  private readonly view: DataView;
  constructor(
    readonly bytes: Uint8Array,
    /** for messages */
    private readonly where: string,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  fail(what: string, hint = damaged): never {
    throw new FileError({ what, where: this.where, hint });
  }

  /** The fields of a message that lies in [from, to). @throws FileError where they run out of it */
  *fields(from: number, to: number, message: string): Generator<Field> {
    let at = from;
    while (at < to) {
      const start = at;
      const tag = this.varint(at, to, message);
      at = tag.next;
      const number = Number(tag.value >> 3n);
      const wire = Number(tag.value & 7n);
      if (number < 1 || number > 536_870_911)
        this.fail(`${message} has a field with the impossible number ${number} at byte ${start}`);
      let end: number;
      let payload = at;
      switch (wire) {
        case 0:
          end = this.varint(at, to, message).next;
          break;
        case 1:
          end = at + 8;
          break;
        case 5:
          end = at + 4;
          break;
        case 2: {
          const length = this.varint(at, to, message);
          if (length.value > BigInt(to - length.next))
            this.fail(
              `${message} has a field of ${length.value} bytes at byte ${start}, but ends ${to - length.next} bytes after it begins`,
            );
          payload = length.next;
          end = payload + Number(length.value);
          break;
        }
        default:
          this.fail(`${message} has a field of the unknown wire type ${wire} at byte ${start}`);
      }
      if (end > to) this.fail(`${message} ends in the middle of a field at byte ${start}`);
      yield { number, wire: wire as Field['wire'], from: start, start: payload, end };
      at = end;
    }
  }

  private varint(from: number, to: number, message: string): { value: bigint; next: number } {
    // nearly all are short: add up to 28 bits as plain numbers
    let small = 0;
    for (let i = 0; i < 4; i++) {
      const at = from + i;
      if (at >= to) this.fail(`${message} ends in the middle of a number at byte ${from}`);
      const byte = this.bytes[at]!;
      small |= (byte & 0x7f) << (7 * i);
      if (byte < 0x80) return { value: BigInt(small), next: at + 1 };
    }
    let value = BigInt(small);
    for (let i = 4; i < 10; i++) {
      const at = from + i;
      if (at >= to) this.fail(`${message} ends in the middle of a number at byte ${from}`);
      const byte = this.bytes[at]!;
      value |= BigInt(byte & 0x7f) << BigInt(7 * i);
      if (byte < 0x80) return { value: BigInt.asUintN(64, value), next: at + 1 };
    }
    return this.fail(`${message} has a number of more than ten bytes at byte ${from}`);
  }

  private expect(field: Field, wire: number, message: string): void {
    if (field.wire !== wire)
      this.fail(
        `field ${field.number} of ${message} at byte ${field.from} has wire type ${field.wire} instead of ${wire}`,
      );
  }

  bigint(field: Field, message: string): bigint {
    this.expect(field, 0, message);
    return BigInt.asIntN(64, this.varint(field.start, field.end, message).value);
  }

  /** @throws FileError where it is not a safe integer */
  int(field: Field, message: string): number {
    const value = this.bigint(field, message);
    if (value > BigInt(Number.MAX_SAFE_INTEGER) || value < BigInt(Number.MIN_SAFE_INTEGER))
      this.fail(`field ${field.number} of ${message} is ${value}, beyond what can be counted`);
    return Number(value);
  }

  float(field: Field, message: string): number {
    this.expect(field, 5, message);
    return this.view.getFloat32(field.start, true);
  }

  /** A view of the payload, not a copy. */
  payload(field: Field, message: string): Uint8Array {
    this.expect(field, 2, message);
    return this.bytes.subarray(field.start, field.end);
  }

  string(field: Field, message: string, longest = 65_536): string {
    const bytes = this.payload(field, message);
    if (bytes.length > longest)
      this.fail(`field ${field.number} of ${message} at byte ${field.from} is a text of ${bytes.length} bytes`);
    try {
      return decoder.decode(bytes);
    } catch {
      return this.fail(`field ${field.number} of ${message} at byte ${field.from} is a text that is not UTF-8`);
    }
  }

  /** A repeated integer field, packed or not. */
  ints(field: Field, message: string, into: bigint[], most = 1_000_000): void {
    if (field.wire === 0) into.push(this.bigint(field, message));
    else {
      this.expect(field, 2, message);
      for (let at = field.start; at < field.end;) {
        const { value, next } = this.varint(at, field.end, message);
        into.push(BigInt.asIntN(64, value));
        if (into.length > most) this.fail(`${message} has more than ${most} integers in field ${field.number}`);
        at = next;
      }
    }
  }

  /** How many numbers a repeated numeric field holds, packed or not. `width` is 4 or 8 bytes, or 0 for varints. */
  count(field: Field, width: 0 | 4 | 8, message: string): number {
    if (field.wire !== 2) {
      this.expect(field, width === 0 ? 0 : width === 4 ? 5 : 1, message);
      return 1;
    }
    const bytes = field.end - field.start;
    if (width > 0) {
      if (bytes % width !== 0)
        this.fail(
          `field ${field.number} of ${message} at byte ${field.from} has ${bytes} bytes, not a multiple of ${width}`,
        );
      return bytes / width;
    }
    // every varint ends with a byte below 128
    let count = 0;
    for (let at = field.start; at < field.end; at++) if (this.bytes[at]! < 0x80) count++;
    if (bytes > 0 && this.bytes[field.end - 1]! >= 0x80)
      this.fail(`field ${field.number} of ${message} at byte ${field.from} ends in the middle of a number`);
    return count;
  }
}

// the byte order mark is part of a name, if it is there
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** Pieces of a message in the making; slices of the file among them are not copied until the end. */
export type Pieces = Uint8Array[];

function varintBytes(value: number | bigint): number[] {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest > 0n ? low | 0x80 : low);
  } while (rest > 0n);
  return bytes;
}

const sizeOf = (pieces: Pieces): number => pieces.reduce((sum, piece) => sum + piece.length, 0);

export const intField = (number: number, value: number | bigint): Uint8Array =>
  Uint8Array.from([...varintBytes(number << 3), ...varintBytes(value)]);
export const messageField = (number: number, pieces: Pieces): Pieces => [
  Uint8Array.from([...varintBytes((number << 3) | 2), ...varintBytes(sizeOf(pieces))]),
  ...pieces,
];
export const stringField = (number: number, text: string): Pieces => messageField(number, [encoder.encode(text)]);

/** One array of all pieces. */
export function join(pieces: Pieces): Uint8Array {
  const whole = new Uint8Array(sizeOf(pieces));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

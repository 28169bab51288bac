/** The messages of an ONNX file, as far as they matter here. Everything keeps its place in the file, so that it can be written out again as it was. */
import type { Field, Reader } from '../../../../io/protobuf-wire.js';

/** A stretch of the file. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export interface TensorProto {
  readonly name: string;
  readonly dims: readonly number[];
  /** TensorProto.DataType */
  readonly type: number;
  /** of its values in memory; 0 for text */
  readonly bytes: number;
  /** its raw values in the file, where it has them there */
  readonly raw: Span | undefined;
  /** where its values are in another file */
  readonly external: { readonly location: string; readonly offset: number; readonly length: number } | undefined;
  /** the message itself, without tag and length */
  readonly span: Span;
  /** int64 values of a small tensor, for checks of shapes */
  readonly ints: readonly bigint[] | undefined;
}

export interface Attribute {
  readonly name: string;
  readonly i: bigint | undefined;
  readonly f: number | undefined;
  readonly ints: readonly bigint[];
  readonly tensor: TensorProto | undefined;
}

export interface Node {
  readonly name: string;
  readonly op: string;
  /** '' for the standard operators */
  readonly domain: string;
  readonly overload: string;
  /** '' where an optional one is left out */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, Attribute>;
  /** the name of an attribute that is a graph */
  readonly subgraph: string | undefined;
  readonly span: Span;
}

export interface ValueInfo {
  readonly name: string;
  /** TensorProto.DataType, 0 where it is unknown */
  readonly type: number;
  /** false for sequences, maps and optional values */
  readonly tensor: boolean;
  /** a number, the name of a size, or undefined; undefined as a whole where not even the rank is known */
  readonly dims: readonly (number | string | undefined)[] | undefined;
  readonly span: Span;
}

export interface LocalFunction {
  readonly key: string;
  readonly nodes: readonly Node[];
}

export interface OnnxFile {
  readonly bytes: Uint8Array;
  /** fields of the model but the graph, tags included */
  readonly rest: readonly Span[];
  /** fields of the graph that are neither nodes, initializers, inputs, outputs nor value_info; tags included */
  readonly graphRest: readonly Span[];
  readonly irVersion: number;
  /** by domain; '' is the standard one */
  readonly opsets: ReadonlyMap<string, number>;
  readonly nodes: readonly Node[];
  readonly initializers: readonly TensorProto[];
  /** names of sparse ones, with their spans */
  readonly sparse: readonly { readonly name: string; readonly bytes: number; readonly span: Span }[];
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  readonly valueInfo: readonly ValueInfo[];
  readonly functions: readonly LocalFunction[];
}

export const functionKey = (domain: string, op: string, overload: string): string => `${domain} ${op} ${overload}`;
/** the standard domain has two names */
export const plainDomain = (domain: string): string => (domain === 'ai.onnx' ? '' : domain);
/** names come from the file: quoted, and cut where they are absurdly long */
export function show(name: string): string {
  const text = JSON.stringify(name);
  return text.length > 120 ? `${text.slice(0, 117)}...` : text;
}

/** Where a message lies. @throws FileError where the field holds none */
export function spanOf(reader: Reader, field: Field, message: string): Span {
  reader.payload(field, message);
  return { from: field.start, to: field.end };
}

/** What onnxruntime says, in our words. */
import { InputError, ModelError } from '../../../../errors.js';

const text = (cause: unknown): string => {
  const whole =
    cause instanceof Error
      ? cause.message
      : typeof (cause as { message?: unknown } | null)?.message === 'string'
        ? (cause as { message: string }).message
        : String(cause);
  // paths of the machine that onnxruntime was built on tell nobody anything
  const line = (whole.split('\n').find((part) => part.trim() !== '') ?? whole).replace(
    /\/\S*\/(onnxruntime|core|src)\/\S+:\d+ /g,
    '',
  );
  return line.length > 400 ? `${line.slice(0, 397)}...` : line;
};

/** The error for a graph that onnxruntime does not take. */
export function refused(cause: unknown, where: string): ModelError {
  const said = text(cause);
  if (
    /not a registered function|No Op registered|Could not find an implementation|NOT_IMPLEMENTED|No opset import for domain|no schema registered/i.test(
      said,
    )
  )
    return new ModelError({
      what: `the model uses an operator that onnxruntime does not have: ${said}`,
      where,
      hint: 'export the model with standard ONNX operators',
      cause,
    });
  if (
    /guarantees support for models stamped|opset .*(is till under development|support for domain)|Unsupported model IR version|max supported IR version/i.test(
      said,
    )
  )
    return new ModelError({
      what: `the model is written in a newer ONNX than onnxruntime knows: ${said}`,
      where,
      hint: 'install a later onnxruntime-node, or export the model with an earlier operator set',
      cause,
    });
  if (/bad[_ ]alloc|Failed to allocate|out of memory|Array buffer allocation/i.test(said))
    return new ModelError({
      what: `the model is too large for the memory: ${said}`,
      where,
      hint: 'use a machine with more memory, or a smaller batchSize',
      cause,
    });
  return new ModelError({
    what: `onnxruntime does not take the model: ${said}`,
    where,
    hint: 'check it with the onnx package (onnx.checker.check_model), and export it anew',
    cause,
  });
}

/** The error for an input that a graph cannot compute. */
export function failed(cause: unknown, where: string): InputError | ModelError {
  const said = text(cause);
  if (/bad[_ ]alloc|Failed to allocate|out of memory|Array buffer allocation/i.test(said))
    return new ModelError({
      what: `the batch is too large for the memory: ${said}`,
      where,
      hint: 'load the model with a smaller batchSize',
      cause,
    });
  return new InputError({
    what: `onnxruntime cannot compute this input: ${said}`,
    where,
    hint: 'check its length and its values against what the model was exported for',
    cause,
  });
}

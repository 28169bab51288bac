/**
 * Every error congruity raises on purpose. Each has a stable `code`, says what was wrong, where, and what to do.
 * The command exits with 2 on any of them: nothing was judged. Only an OutcomeError is of a verdict.
 */
import { plainText, printable } from './plain.js';

/** What an error is made of. */
export interface ErrorParts {
  /** what was wrong, one sentence */
  what: string;
  /** where: a file, an option path, a site */
  where?: string | undefined;
  /** what to do about it */
  hint?: string | undefined;
  cause?: unknown;
}

/** What every error of this library is: what was wrong, where, and a hint that can work. */
export abstract class CongruityError extends Error {
  abstract readonly code: string;
  readonly what: string;
  readonly where: string | undefined;
  readonly hint: string | undefined;

  constructor(parts: ErrorParts) {
    // the message is what Jest and Node print; the parts are as they are, for programs
    super(
      plainText(
        [parts.what, parts.where && `  at: ${parts.where}`, parts.hint && `  do: ${parts.hint}`]
          .filter(Boolean)
          .join('\n'),
      ),
      parts.cause === undefined ? undefined : { cause: printable(parts.cause) },
    );
    this.name = new.target.name;
    this.what = parts.what;
    this.where = parts.where;
    this.hint = parts.hint;
  }
}

/** An option, config entry or argument is unknown, missing or out of range. */
export class OptionError extends CongruityError {
  readonly code = 'BAD_OPTION';
}
/** A file is missing, unreadable, truncated, oversized or lies about itself. */
export class FileError extends CongruityError {
  readonly code = 'BAD_FILE';
}
/** A model's config and weights contradict each other, or describe something that is not supported. */
export class ModelError extends CongruityError {
  readonly code = 'BAD_MODEL';
}
/** An input holds a token the model does not know, or does not fit the model. */
export class InputError extends CongruityError {
  readonly code = 'BAD_INPUT';
}
/** A site, component or intervention matches nothing in the model. */
export class InterventionError extends CongruityError {
  readonly code = 'BAD_INTERVENTION';
}
/** The backend asked for is not installed or does not work here. */
export class BackendError extends CongruityError {
  readonly code = 'NO_BACKEND';
}
/** A task is empty, too small, or contradicts itself. */
export class TaskError extends CongruityError {
  readonly code = 'BAD_TASK';
}
/** A model does not do the task well enough to have an interpretation of it. */
export class BehaviourError extends CongruityError {
  readonly code = 'BELOW_THRESHOLD';
}
/** An implementation set cannot give enough implementations. */
export class ImplementationError extends CongruityError {
  readonly code = 'TOO_FEW_IMPLEMENTATIONS';
}
/** A representation cannot be compared: NaN, infinite, constant, or over other inputs. */
export class RepresentationError extends CongruityError {
  readonly code = 'BAD_REPRESENTATION';
}
/** A numerical routine met a matrix it cannot handle. */
export class NumericalError extends CongruityError {
  readonly code = 'NUMERICAL';
}
/** A program does not make sense: an expression that has no type, a function that fails, a name that is there twice. */
export class ProgramError extends CongruityError {
  readonly code = 'BAD_PROGRAM';
}
/** A program makes sense, but no transformer of the size allowed computes it exactly in float32. */
export class CompilationError extends CongruityError {
  readonly code = 'CANNOT_COMPILE';
}
/** What was judged came out otherwise than `assertOutcome` was to see. */
export class OutcomeError extends CongruityError {
  readonly code = 'OTHER_OUTCOME';
}
/** An alignment puts a variable where it cannot be: before what it is computed from, or into too small an architecture. */
export class AlignmentError extends CongruityError {
  readonly code = 'BAD_ALIGNMENT';
}
/** Training came to nothing: a loss or a gradient is no number any more. */
export class TrainingError extends CongruityError {
  readonly code = 'TRAINING_DIVERGED';
}
/** A fingerprint is of another task, other inputs, another measure or kind of model, or a snapshot is not that of this test. */
export class FingerprintError extends CongruityError {
  readonly code = 'OTHER_FINGERPRINT';
}
/** The work was cancelled through an AbortSignal. */
export class CancelledError extends CongruityError {
  readonly code = 'CANCELLED';
}

/** True for a CongruityError of any copy of the package (the ES and the CommonJS build may both be loaded). */
export function isCongruityError(error: unknown): error is CongruityError {
  return (
    error instanceof CongruityError ||
    (typeof error === 'object' && error !== null && 'code' in error && 'what' in error && 'hint' in error)
  );
}

import * as z from 'zod';

export const outcomeSchema = z.enum(['equivalent', 'different', 'undecided']);

/** What a comparison comes to. */
export type Outcome = z.infer<typeof outcomeSchema>;

/** The queue: BullMQ on Redis, both only where somebody asks for them. */
import type * as bullmq from 'bullmq';
import type { ConnectionOptions, Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { OptionError, QueueError } from '../../src/errors.js';

export type Bull = typeof bullmq;

/** Milliseconds between two attempts to reach Redis, and how many there are. */
const AGAIN = 500;
const ATTEMPTS = 6;

/** Milliseconds for which whoever is connected waits for a first answer: something else than Redis may listen, and say nothing. */
const SILENCE = 15_000;

/** @throws OptionError */
export function checkQueue(url: string): string {
  if (!/^rediss?:\/\/[^\s/]+/.test(url))
    throw new OptionError({
      what: `--queue is "${url}", not the address of a Redis`,
      where: '--queue',
      hint: 'give an address, as in --queue redis://localhost:6379',
    });
  return url;
}

/** Without its password. */
export const shownQueue = (url: string): string => url.replace(/\/\/[^@/]*@/, '//');

const REACH =
  'see that Redis runs at this address and can be reached from here (redis-cli ping), then run it again: what was done is kept';

export const queueFault = (what: string, url: string, cause?: unknown, hint = REACH): QueueError =>
  new QueueError({
    what,
    where: shownQueue(url),
    hint,
    cause,
  });

/** @throws QueueError where BullMQ is not installed */
export async function loadBull(): Promise<Bull> {
  try {
    await import('ioredis');
    return await import('bullmq');
  } catch (error) {
    throw new QueueError({
      what: `a queue needs the packages bullmq and ioredis: ${(error as Error).message.split('\n')[0]!}`,
      hint: 'npm install --save-dev bullmq ioredis',
      cause: error,
    });
  }
}

/**
 * How Redis is reached. Whoever waits for answers gives up after some seconds without it; a worker, once it was there, waits until it is back.
 * @param patient true once to wait for ever
 */
export const connectionTo = (url: string, patient: () => boolean = () => false): ConnectionOptions => ({
  url,
  connectTimeout: 5000,
  retryStrategy: (times: number) => (patient() || times < ATTEMPTS ? AGAIN : null),
});

/**
 * @param patient as of `connectionTo`
 * @throws QueueError where Redis does not answer
 */
export async function openQueue(bull: Bull, name: string, url: string, patient?: () => boolean): Promise<Queue> {
  const queue = new bull.Queue(name, { connection: connectionTo(url, patient) });
  // what fails is told where it is asked for
  queue.on('error', () => undefined);
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing is answered for ${SILENCE / 1000} s`)), SILENCE);
  });
  try {
    await Promise.race([queue.waitUntilReady(), silence]);
  } catch (error) {
    // unlike disconnect, it does not wait for an answer first
    await queue.close().catch(() => undefined);
    throw unreachable(error, url);
  } finally {
    clearTimeout(timer);
  }
  return queue;
}

/** Redis asks for a password, or does not know the one that was given. */
const REFUSED = /\b(WRONGPASS|NOAUTH|NOPERM)\b/;

function unreachable(error: unknown, url: string): QueueError {
  const reason = reasonOf(error);
  if (REFUSED.test(reason))
    return queueFault(
      `Redis refuses the connection: ${reason}`,
      url,
      error,
      'write user and password into the address, as in redis://user:password@host',
    );
  if (reason.startsWith('Protocol error'))
    return queueFault('what answers at this address is not Redis', url, error, 'give the address of a Redis');
  return queueFault(`the queue cannot be reached: ${reason}`, url, error);
}

/** A connection beside the queue, for what workers hand on to one another; it comes back after each break. */
export async function openRedis(url: string): Promise<Redis> {
  const { Redis } = await import('ioredis');
  const redis = new Redis(url, { connectTimeout: 5000, retryStrategy: () => AGAIN });
  // what fails is told where it is asked for
  redis.on('error', () => undefined);
  return redis;
}

/** Several addresses of one host are tried at once, and have no message together. */
export function reasonOf(error: unknown): string {
  const { message, code } = error as { message?: string; code?: string };
  return message || code || String(error);
}

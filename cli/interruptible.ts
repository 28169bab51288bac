/** Work that Ctrl-C ends in order. */

/** Ctrl-C, or a runner that ends the job: what is finished is kept and reported. A second Ctrl-C ends at once. */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const cancel = (): void => {
    if (controller.signal.aborted) process.exit(2);
    controller.abort();
  };
  for (const signal of signals) process.on(signal, cancel);
  try {
    return await work(controller.signal);
  } finally {
    for (const signal of signals) process.removeListener(signal, cancel);
  }
}

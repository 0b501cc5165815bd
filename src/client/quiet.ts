/** Does something of which nobody need hear: who does not look at the promise does not want to know, and no process ends by it. */
export function quiet<T>(work: () => Promise<T>): Promise<T> {
  const promise = work();
  promise.catch(() => {});
  return promise;
}

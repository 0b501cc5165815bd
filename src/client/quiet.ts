/** Does something of which nobody need hear: who does not look at the promise does not want to know, and no process ends by it. */
export function quiet<T>(work: () => Promise<T>): Promise<T> {
  const promise = work();
  promise.catch(() => {});
  return promise;
}

/** The same; what several ask for at the same time is done once. */
export function share<T>(underWay: Map<string, Promise<T>>, key: string, work: () => Promise<T>): Promise<T> {
  const there = underWay.get(key) ?? quiet(() => work().finally(() => underWay.delete(key)));
  underWay.set(key, there);
  return there;
}

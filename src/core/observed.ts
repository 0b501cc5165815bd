const ignore = (): void => {};

/**
 * Gives the promise as it is, and lets nobody's not looking at it end the process: Node ends with an unhandled rejection, and
 * whether an ask is rejected is up to the other side. Whoever awaits it is told all the same.
 */
export function observed<T>(promise: Promise<T>): Promise<T> {
  promise.catch(ignore);
  return promise;
}

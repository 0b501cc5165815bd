/** Calls what the page has given. What that throws disturbs nothing here, and is thrown where nobody catches it. */
export function undisturbed<T>(call: () => T): T | undefined {
  try {
    return call();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
    return undefined;
  }
}

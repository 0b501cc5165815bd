/**
 * Lets a controller go: what it has to give back, it gives back in its `@preDestroy` methods and in `Symbol.asyncDispose` or
 * `Symbol.dispose`. Each is awaited.
 */
export async function disposeController(controller: object, preDestroy: readonly (string | symbol)[]): Promise<void> {
  for (const name of preDestroy) {
    const method: unknown = Reflect.get(controller, name);
    if (typeof method === 'function') await method.call(controller);
  }
  const disposable: Partial<AsyncDisposable & Disposable> = controller;
  await (disposable[Symbol.asyncDispose] ?? disposable[Symbol.dispose])?.call(disposable);
}

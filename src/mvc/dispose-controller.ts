/**
 * Lets a controller go: what it has to give back, it gives back in its `@preDestroy` methods and in `Symbol.asyncDispose` or
 * `Symbol.dispose`. Each is awaited, and gets its turn though one before it has failed; what failed is thrown in the end.
 */
export async function disposeController(controller: object, preDestroy: readonly (string | symbol)[]): Promise<void> {
  const disposable: Partial<AsyncDisposable & Disposable> = controller;
  const methods: unknown[] = preDestroy.map((name): unknown => Reflect.get(controller, name));
  methods.push(disposable[Symbol.asyncDispose] ?? disposable[Symbol.dispose]);
  const failures: unknown[] = [];
  for (const method of methods) {
    try {
      if (typeof method === 'function') await method.call(controller);
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length === 1) throw failures[0];
  if (failures.length > 1) throw new AggregateError(failures, `${controller.constructor.name} could not be let go`);
}

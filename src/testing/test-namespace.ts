import { CountedRandom } from './counted-random.js';
import { Failures } from './failures.js';
import { ManualClock } from './manual-clock.js';
import { NamespaceTest } from './namespace-test.js';
import type { TestNamespaceOptions, TestSubject } from './options.js';
import { serve } from './serve.js';
import { silentLog } from './silent-log.js';

/**
 * Serves controllers, or maps of functions, to clients that the test plays: without a network and without waiting, in any
 * test runner. Close it at the end of the test.
 *
 * ```ts
 * const chat = await testNamespace(ChatController, { bind: (container) => container.bind(Logger).toConstantValue(fake) });
 * const [anna, ben] = [await chat.connect(), await chat.connect()];
 * anna.emit('chat', 'hello');
 * expect((await ben.expectEvent('chat')).body).toBe('hello');
 * await chat.close();
 * ```
 *
 * @throws whatever is wrong in the code, with the mending, as an app would at start
 */
export async function testNamespace(what: TestSubject, options: TestNamespaceOptions = {}): Promise<NamespaceTest> {
  const { clock = new ManualClock(), log = silentLog, native } = options;
  const failures = new Failures();
  const random = new CountedRandom();
  const served = await serve(what, options, { scheduler: clock, random, log, onError: failures.add });
  const { server, container, namespaces, detach } = served;
  const [first = ''] = namespaces;
  return new NamespaceTest({
    server,
    container,
    clock,
    failures,
    log,
    native,
    namespace: options.namespace ?? first,
    detach,
  });
}

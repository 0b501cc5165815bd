import { Container } from 'inversify';
import { type Middleware, Namespace, type NefeliOptions, requireRole, Use } from 'nefeli';
import { describe, expect, it } from 'vitest';
import { RawClient, startNefeli } from '../support/start-app.js';

/** What comes back of an ask that the guard stands around, for a user. */
async function asked(guard: Middleware, user: unknown, options: NefeliOptions = {}): Promise<string> {
  @Namespace('default')
  class Admin {
    @Use(guard)
    onRestart() {
      return 'restarted';
    }
  }
  const app = await startNefeli({ container: new Container(), controllers: [Admin], user: () => user, ...options });
  const client = await RawClient.join(app, 'default');
  client.send('$1;default;;restart;0;0;');
  return String(await client.next()).replace('$1;default;;restart;', '');
}

describe('requireRole', () => {
  it.each([
    ['its role', { role: 'admin' }],
    ['one of its roles', { roles: ['guest', 'admin'] }],
    ['one of both', { role: 'guest', roles: ['admin'] }],
  ])('lets a user through by %s', async (_, user) => {
    expect(await asked(requireRole('admin'), user)).toBe('0;0;restarted');
  });

  it('lets a user through who has any of several roles', async () => {
    expect(await asked(requireRole('owner', 'admin'), { role: 'admin' })).toBe('0;0;restarted');
  });

  it.each([
    ['another role', { role: 'guest' }],
    ['no role', {}],
    ['a longer role', { role: 'administrator' }],
    ['a text in the place of roles', { roles: 'admin' }],
    ['roles that are no texts', { roles: [{ toString: (): string => 'admin' }] }],
    ['a name of a role alone', 'admin'],
  ])('refuses a user with %s', async (_, user) => {
    expect(await asked(requireRole('admin'), user)).toBe('1;0;not allowed');
  });

  it.each([undefined, null, false, ''])('refuses the user %o: sign in first', async (user) => {
    expect(await asked(requireRole('admin'), user)).toBe('1;0;sign in first');
  });

  it('refuses with the code UNAUTHENTICATED, or FORBIDDEN and the roles that would do', async () => {
    const caught: unknown[] = [];
    const catching: Middleware = async (_, next) => await next().catch((error: unknown) => void caught.push(error));
    await asked(requireRole('admin'), undefined, { namespaceOptions: { default: { use: [catching] } } });
    await asked(
      requireRole('admin', 'owner'),
      { role: 'guest' },
      { namespaceOptions: { default: { use: [catching] } } },
    );

    expect(caught).toMatchObject([
      { name: 'PublicError', code: 'UNAUTHENTICATED', data: undefined },
      { name: 'PublicError', code: 'FORBIDDEN', data: { roles: ['admin', 'owner'] } },
    ]);
  });

  it('takes the roles from a function of ones own, later or at once', async () => {
    const later = requireRole('admin', { roles: async (ctx) => (ctx.kind === 'ask' ? ['admin'] : []) });
    const atOnce = requireRole('owner', 'admin', { roles: ({ request }) => [String(request.headers.host?.length)] });

    expect(await asked(later, undefined)).toBe('0;0;restarted');
    expect(await asked(atOnce, { role: 'admin' })).toBe('1;0;not allowed');
  });

  it('takes undefined of that function for nobody signed in', async () => {
    expect(await asked(requireRole('admin', { roles: () => undefined }), { role: 'admin' })).toBe('1;0;sign in first');
  });

  it('lets nobody through where that function gives no array, and reports it', async () => {
    const errors: unknown[] = [];
    const roles = () => 'administrator' as unknown as string[]; // what a program without types may give
    const answer = await asked(requireRole('admin', { roles }), {}, { onError: (error) => void errors.push(error) });

    expect(answer).toMatch(/^1;0;internal error /);
    expect(String(errors[0])).toContain('the option result of roles of requireRole() is "administrator", but must be');
  });

  it('refuses to connect a namespace, and to join its rooms', async () => {
    const namespaces = { admin: { chat: () => 'ok' } };
    const app = await startNefeli({
      namespaces,
      namespaceOptions: { admin: { use: [requireRole('admin')] } },
      user: () => ({}),
    });
    const client = await RawClient.open(app);
    client.send('M', '$1;admin;;_OnNamespaceConnect;0;0;');
    await client.next();

    expect(await client.next()).toBe('$1;admin;;_OnNamespaceConnect;1;0;not allowed');
  });

  it('takes roles, and options last', () => {
    const calls = (): unknown => [
      requireRole('admin'),
      requireRole('admin', 'owner'),
      requireRole('admin', { roles: () => [] }),
      requireRole('admin', 'owner', { roles: async () => undefined }),
      // @ts-expect-error one role at least
      () => requireRole(),
      // @ts-expect-error one role at least, with options as well
      () => requireRole({ roles: () => [] }),
      // @ts-expect-error the options come last
      () => requireRole({ roles: () => [] }, 'admin'),
    ];
    expect(calls).not.toThrow();
  });

  it.each([
    [[], 'the option roles of requireRole() is an empty array, but must be one or more texts that are not empty.'],
    [[''], 'roles of requireRole() is an array'],
    [[{}], 'roles of requireRole() is an empty array'],
    [[undefined], 'roles of requireRole() is an array'],
    [['admin', {}, 'owner'], 'roles of requireRole() is an array'],
    [['admin', { roles: 'admin' }], 'the option roles of requireRole() is "admin", but must be a function.'],
    [['admin', { role: () => [] }], 'role of requireRole() is the function role, but must be left out, or one of'],
  ])('refuses %o when it is called', (args, message) => {
    const call = () => requireRole(...(args as Parameters<typeof requireRole>)); // what a program without types may pass

    expect(call).toThrow(
      expect.objectContaining({ code: 'OPTION_INVALID', message: expect.stringContaining(message) }),
    );
  });
});

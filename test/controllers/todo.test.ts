import type { FastifyInstance } from 'fastify';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { buildTodoApp } from '../../controllers/todo/app.js';
import type { Todo } from '../../controllers/todo/todo.js';
import { NeffosPeer } from '../interop/neffos-peer.js';
import { portOf } from '../support/port-of.js';
import { RawClient, statusOfUpgrade } from '../support/start-app.js';
import { originOf, postJson } from './signed-in.js';

const SYNC = '/todos/sync';
const LIST: Todo[] = [
  { id: 1, title: 'buy <b>tea</b>', completed: false },
  { id: 2, title: 'drink; it', completed: true },
];
const SAVED = `;todos;;saved;0;0;${JSON.stringify(LIST)}`;
const TITLE_RULE = 'A to-do has a title of 1 to 200 characters.';

describe('the to-do list', () => {
  let app: FastifyInstance;

  beforeEach(async () => {
    app = await buildTodoApp();
    onTestFinished(() => app.close());
    await app.listen({ port: 0, host: '127.0.0.1' });
  });

  /** What a browser sends once it has opened the page. */
  interface Visitor {
    readonly cookie: string;
    readonly origin: string;
  }

  async function visit(): Promise<Visitor> {
    const { headers } = await fetch(originOf(app));
    const [cookie = ''] = headers.getSetCookie().map((line) => line.slice(0, line.indexOf(';')));
    return { cookie, origin: originOf(app) };
  }

  const read = async ({ cookie, origin }: Visitor): Promise<unknown> =>
    (await fetch(`${originOf(app)}/todos`, { headers: { cookie, origin } })).json();
  const save = (list: unknown, { cookie, origin }: Visitor): Promise<Response> =>
    postJson(`${originOf(app)}/todos`, list, { cookie, origin });
  const tabOf = ({ cookie, origin }: Visitor): Promise<RawClient> =>
    RawClient.join(app, 'todos', { path: SYNC, headers: { cookie, origin } });

  it('is told as saved to all tabs of the session that says save, and to no other session', async () => {
    const [ada, grace] = [await visit(), await visit()];
    const tabs = [await tabOf(ada), await tabOf(ada), await tabOf(ada)];
    const other = await tabOf(grace);

    const response = await save(LIST, ada);
    expect([response.status, await response.json()]).toEqual([200, { success: true }]);
    tabs[0]?.send(';todos;;save;0;0;');
    for (const tab of tabs) expect(await tab.next()).toBe(SAVED);

    other.send(';todos;;save;0;0;');
    expect(await other.next()).toBe(';todos;;saved;0;0;[]');
    expect([await read(ada), await read(grace)]).toEqual([LIST, []]);
  });

  it('is told to neffos.js, whose connection has the id of the session', async () => {
    const ada = await visit();
    const headers = { Cookie: ada.cookie, Origin: ada.origin };
    const peers = [1, 2].map(() => NeffosPeer.dial(`ws://127.0.0.1:${portOf(app)}${SYNC}`, { todos: {} }, { headers }));
    const [first, second] = await Promise.all(peers);
    const ns = await first?.conn.connect('todos');
    await second?.conn.connect('todos');
    await save(LIST, ada);

    ns?.emit('save', '');

    for (const peer of [first, second]) {
      await expect.poll(() => peer?.bodies('saved')).toEqual([JSON.stringify(LIST)]);
    }
    expect(first?.id).toBe(second?.id);
    expect(ada.cookie).toContain(encodeURIComponent(first?.id ?? 'no id'));
  });

  it('is what HTTP has saved, whatever a tab says that it was', async () => {
    const tab = await tabOf(await visit());

    tab.send(`;todos;;save;0;0;${JSON.stringify(LIST)}`);

    expect(await tab.next()).toBe(';todos;;saved;0;0;[]');
  });

  it('has no events but save: its other methods cannot be called', async () => {
    const tab = await tabOf(await visit());

    for (const event of ['constructor', 'Save', 'onSave', 'toString']) {
      tab.send(`$1;todos;;${event};0;0;`);
      expect(await tab.next()).toBe(`$1;todos;;${event};1;0;bad event`);
    }
  });

  it.each([
    ['no list', {}, 'Send a list of to-dos.'],
    ['a title of spaces', [{ ...LIST[0], title: ' ' }], TITLE_RULE],
    ['a title of 201 characters', [{ ...LIST[0], title: 'x'.repeat(201) }], TITLE_RULE],
    ['what is neither completed nor not', [{ ...LIST[0], completed: 'no' }], 'A to-do is completed or not.'],
    ['one number twice', [LIST[0], LIST[0]], 'Two to-dos have one number.'],
    [
      '101 to-dos',
      Array.from({ length: 101 }, (_, id) => ({ ...LIST[0], id: id + 1 })),
      'A list has at most 100 to-dos.',
    ],
  ])('refuses %s with 400 and the reason, and stays as it was', async (_what, list, message) => {
    const ada = await visit();
    await save(LIST, ada);

    const response = await save(list, ada);

    expect([response.status, await response.json()]).toEqual([400, { statusCode: 400, error: 'Bad Request', message }]);
    expect(await read(ada)).toEqual(LIST);
  });

  it('answers 401 to an upgrade without a session, or with one that nobody has signed', async () => {
    const origin = originOf(app);
    const { cookie } = await visit();

    expect(await statusOfUpgrade(app, { path: SYNC })).toBe(401);
    for (const forged of ['todo=made-up', `${cookie}x`, cookie.replace(/=./, '=?')])
      expect(await statusOfUpgrade(app, { path: SYNC, headers: { cookie: forged, origin } })).toBe(401);
    expect(await statusOfUpgrade(app, { path: SYNC, headers: { cookie, origin } })).toBe(101);
  });

  it('can neither be saved nor heard by a page of another site', async () => {
    const ada = { ...(await visit()), origin: 'https://elsewhere.example' };

    expect((await save(LIST, ada)).status).toBe(403);
    expect(await statusOfUpgrade(app, { path: SYNC, headers: { ...ada } })).toBe(403);
    expect(await read(ada)).toEqual([]);
  });
});

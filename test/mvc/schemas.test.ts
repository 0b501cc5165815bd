import { Container } from 'inversify';
import { type Message, Namespace, NSConn, On, reply } from 'nefeli';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { StandardSchemaV1 } from '../../src/ports/schema.js';
import { RawClient, startNefeli } from '../support/start-app.js';

const Line = z.object({ from: z.string(), text: z.string().min(1) });

/** A schema that takes its time. */
const slow: StandardSchemaV1<unknown, string> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: async (value) => (value === 'yes' ? { value: 'checked' } : { issues: [{ message: 'say yes' }] }),
  },
};

const calls: unknown[] = [];

@Namespace('default')
class Chat {
  @On('sum', { body: z.array(z.number()) })
  onSum(msg: Message<number[]>) {
    calls.push(msg.body);
    return msg.body.reduce((a, b) => a + b, 0);
  }

  @On('line', { body: Line })
  onLine(msg: Message<z.infer<typeof Line>>, ns: NSConn) {
    return `${ns.namespace} ${msg.name} ${msg.event} ${msg.isAsk} ${msg.isBinary} ${msg.body.from}: ${msg.body.text}`;
  }

  @On('text', { body: z.string().max(3), as: 'text' })
  onText(msg: Message<string>) {
    return msg.body;
  }

  @On('bytes', { body: z.instanceof(Uint8Array), as: 'bytes' })
  onBytes(msg: Message<Uint8Array>) {
    return msg.body.length;
  }

  @On('nothing', { body: z.undefined() })
  onNothing(msg: Message<undefined>) {
    return String(msg.body);
  }

  @On('any', { body: z.unknown() })
  onAny(msg: Message<unknown>) {
    return msg.body instanceof Uint8Array ? `${msg.body.length} bytes` : String(JSON.stringify(msg.body));
  }

  @On('slow', { body: slow })
  onSlow(msg: Message<string>) {
    return msg.body;
  }

  @On('answer', { reply: z.number() })
  async onAnswer(msg: Message) {
    return msg.body as unknown as number;
  }

  @On('loud', { reply: z.string() })
  onLoud() {
    return reply('heard');
  }
}

const connect = async (): Promise<{ ask(frame: string | Uint8Array): Promise<string>; errors: unknown[] }> => {
  const errors: unknown[] = [];
  const app = await startNefeli({
    container: new Container(),
    controllers: [Chat],
    onError: (error) => void errors.push(error),
  });
  const client = await RawClient.join(app, 'default');
  const ask = async (frame: string | Uint8Array): Promise<string> => {
    client.send(frame);
    return String(await client.next());
  };
  return { ask, errors };
};

/** A client that has said that it reads rich frames. */
const connectRich = async (): Promise<{ ask(frame: string | Uint8Array): Promise<string> }> => {
  const client = await RawClient.open(await startNefeli({ container: new Container(), controllers: [Chat] }));
  const ask = async (frame: string | Uint8Array): Promise<string> => {
    client.send(frame);
    return String(await client.next());
  };
  await ask('Mnefeli/1');
  await ask('$0;default;;_OnNamespaceConnect;0;0;');
  return { ask };
};

describe('an event with a schema', () => {
  it('answers a body that does not fit with code and issues where the client reads them', async () => {
    const app = await startNefeli({ container: new Container(), controllers: [Chat] });
    const client = await RawClient.open(app);
    client.send('Mnefeli/1', '$0;default;;_OnNamespaceConnect;0;0;', '$1;default;;line;0;j;{"from":"ada"}');
    await client.next();
    await client.next();
    const frame = String(await client.next());

    expect(frame.slice(0, '$1;default;;line;2;0;'.length)).toBe('$1;default;;line;2;0;');
    expect(JSON.parse(frame.slice('$1;default;;line;2;0;'.length))).toEqual({
      text: expect.stringMatching(/^invalid body: text: /),
      code: 'BODY_INVALID',
      data: [{ path: 'text', message: expect.any(String) }],
    });
  });

  it('takes from a client that marks JSON a marked text as JSON, and an unmarked one or bytes as the value itself', async () => {
    const { ask } = await connectRich();
    expect(await ask('$1;default;;sum;0;j;[1,2,3]')).toBe('$1;default;;sum;0;j;6');
    expect(await ask('$2;default;;sum;0;0;[1,2,3]')).toMatch(/^\$2;.*;2;0;.*expected array, received string/);
    expect(await ask('$3;default;;any;0;0;{"a":1}')).toBe('$3;default;;any;0;0;"{\\"a\\":1}"');
    expect(await ask('$4;default;;any;0;j;{"a":1}')).toBe('$4;default;;any;0;0;{"a":1}');
    expect(await ask('$5;default;;any;0;0;')).toBe('$5;default;;any;0;0;""');
    expect(await ask('$6;default;;any;0;j;')).toBe('$6;default;;any;0;0;undefined');
    expect(await ask('$7;default;;nothing;0;j;')).toBe('$7;default;;nothing;0;0;undefined');
    expect(await ask('$8;default;;nothing;0;0;')).toMatch(/^\$8;.*;2;0;.*expected undefined, received string/);
    expect(await ask('$9;default;;any;0;j;{')).toMatch(/^\$9;.*;2;0;.*"invalid payload","code":"BODY_NOT_JSON"/);
    expect(await ask(Buffer.from('$10;default;;any;0;0;12'))).toBe('$10;default;;any;0;0;2 bytes');
    expect(await ask(Buffer.from('$11;default;;any;0;j;12'))).toBe('$11;default;;any;0;0;12');
    expect(await ask('$12;default;;text;0;j;[1]')).toBe('$12;default;;text;0;0;[1]');
  });

  it('takes from any other client a text as JSON, marked or not, and a body that is empty as none', async () => {
    const { ask } = await connect();
    for (const flag of ['0', 'j']) {
      expect(await ask(`$1;default;;sum;0;${flag};[1,2,3]`)).toBe('$1;default;;sum;0;0;6');
      expect(await ask(`$2;default;;nothing;0;${flag};`)).toBe('$2;default;;nothing;0;0;undefined');
      expect(await ask(Buffer.from(`$3;default;;sum;0;${flag};[4]`))).toBe('$3;default;;sum;0;0;4');
    }
  });

  it('gives the checked value as msg.body, and everything else as it came', async () => {
    const { ask } = await connect();
    expect(await ask('$1;default;;sum;0;0;[1,2,3]')).toBe('$1;default;;sum;0;0;6');
    expect(await ask('$2;default;;line;0;0;{"from":"ada","text":"hi","more":1}')).toBe(
      '$2;default;;line;0;0;default line line true false ada: hi',
    );
  });

  it('answers what does not fit with the issues, and does not call the handler', async () => {
    const { ask, errors } = await connect();
    calls.length = 0;
    expect(await ask('$1;default;;sum;0;0;[1,"x"]')).toMatch(/^\$1;default;;sum;1;0;invalid body: 1: .*number/);
    expect(await ask('$2;default;;line;0;0;{"text":""}')).toMatch(/^\$2;.*;1;0;invalid body: from: .*; text: /);
    expect(await ask(';default;;sum;0;0;5')).toMatch(/^;default;;sum;1;0;invalid body: .*array/);
    expect(calls).toEqual([]);
    expect(errors).toEqual([]);
  });

  it('answers what is no JSON with invalid payload', async () => {
    const { ask } = await connect();
    expect(await ask('$1;default;;sum;0;0;[1,')).toBe('$1;default;;sum;1;0;invalid payload');
  });

  it('reads the body as text or as bytes where it says so, whatever the frame', async () => {
    const { ask } = await connect();
    expect(await ask('$1;default;;text;0;0;abc')).toBe('$1;default;;text;0;0;abc');
    expect(await ask(Buffer.from('$2;default;;text;0;0;abc'))).toBe('$2;default;;text;0;0;abc');
    expect(await ask('$3;default;;text;0;0;abcd')).toMatch(/;1;0;invalid body: /);
    expect(await ask('$4;default;;bytes;0;0;é')).toBe('$4;default;;bytes;0;0;2');
    expect(await ask(Buffer.from('$5;default;;bytes;0;0;abc'))).toBe('$5;default;;bytes;0;0;3');
  });

  it('takes an empty body for undefined', async () => {
    const { ask } = await connect();
    expect(await ask('$1;default;;nothing;0;0;')).toBe('$1;default;;nothing;0;0;undefined');
  });

  it('waits for a schema that is asynchronous', async () => {
    const { ask } = await connect();
    expect(await ask('$1;default;;slow;0;0;"yes"')).toBe('$1;default;;slow;0;0;checked');
    expect(await ask('$2;default;;slow;0;0;"no"')).toBe('$2;default;;slow;1;0;invalid body: say yes');
  });

  it('checks the reply, and keeps to itself what does not fit', async () => {
    const { ask, errors } = await connect();
    expect(await ask('$1;default;;answer;0;0;text')).toMatch(/^\$1;default;;answer;1;0;internal error /);
    expect(String(errors[0])).toMatch(/REPLY_INVALID: what Chat\.onAnswer has returned does not fit/);
    expect(await ask(';default;;loud;0;0;')).toBe(';default;;loud;0;0;heard');
  });
});

class Typed {
  @On('fits', { body: z.number() })
  fits(msg: Message<number>): void {
    void msg;
  }

  // @ts-expect-error the schema gives a number
  @On('not', { body: z.number() })
  not(msg: Message<string>): void {
    void msg;
  }

  // @ts-expect-error without a schema a body is text or bytes
  @On('unchecked')
  unchecked(msg: Message<{ id: number }>): void {
    void msg;
  }

  // @ts-expect-error the reply schema wants a number
  @On('reply', { reply: z.number() })
  reply(): string {
    return '5';
  }
}

void Typed;

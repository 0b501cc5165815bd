import { reply } from 'nefeli';
import { describe, expect, it } from 'vitest';
import { startInteropApp } from './interop-app.js';
import { binaryFrame, RawPeer } from './raw-peer.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('a bare WebSocket', () => {
  describe('beside neffos clients', () => {
    it('sends raw text and bytes, and gets raw answers of the same opcode, once `""` is connected', async () => {
      const { url } = await startInteropApp();
      const peer = await RawPeer.connected(url, '');

      expect(await peer.ask('hello')).toBe('native:hello');
      expect(await peer.ask('a;b;c')).toBe('native:a;b;c');
      expect(await peer.ask(bytes('bytes'))).toEqual(bytes('native:bytes'));
      expect(await peer.ask('$1;;;echo;0;0;framed')).toBe('$1;;;echo;0;0;framed');
    });

    it('is not heard before `""` is connected, and stays open', async () => {
      const { url } = await startInteropApp();
      const peer = await RawPeer.welcomed(url);

      peer.send('one', 'two', 'three', 'four', '$1;;;_OnNamespaceConnect;0;0;');

      expect(await peer.next()).toBe('$1;;;;;;');
      expect(await peer.ask('five')).toBe('native:five');
    });

    it('gets what the server sends raw, of either opcode', async () => {
      const { url, app } = await startInteropApp();
      const peer = await RawPeer.connected(url, '');
      const [conn] = app.nefeli.connections();

      conn?.emitNative('a;raw;text');
      conn?.emitNative(bytes('raw bytes'));

      expect(await peer.take(2)).toEqual(['a;raw;text', bytes('raw bytes')]);
    });
  });

  describe('with native: only', () => {
    it('needs no handshake, and every frame is a message', async () => {
      const { url } = await startInteropApp({
        native: 'only',
        namespaces: { '': { onNativeMessage: (msg) => reply(msg.body) } },
      });
      const peer = await RawPeer.open(url);
      const frames = ['M', 'hello', '$1;default;;_OnNamespaceConnect;0;0;', binaryFrame('', bytes('bytes'))];

      peer.send(...frames);

      expect(await peer.take(4)).toEqual(frames);
    });

    it('broadcasts raw text to all others', async () => {
      const { url, app } = await startInteropApp({
        native: 'only',
        namespaces: { '': { onNativeMessage: (msg, ns) => ns.broadcastOthers('_OnNativeMessage', msg.body) } },
      });
      const [alice, bob] = [await RawPeer.open(url), await RawPeer.open(url)];

      alice.send('from alice');
      expect(await bob.next()).toBe('from alice');
      bob.send('from bob');

      expect(await alice.next()).toBe('from bob');
      app.nefeli.in('').broadcast('_OnNativeMessage', 'from the server');
      expect([await alice.next(), await bob.next()]).toEqual(['from the server', 'from the server']);
    });
  });
});

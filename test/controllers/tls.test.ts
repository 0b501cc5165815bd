import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { get } from 'node:https';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { startExample } from '../../controllers/start-example.js';
import { buildTlsApp } from '../../controllers/tls/app.js';
import { type Certificate, makeSelfSigned } from '../../controllers/tls/self-signed.js';
import { Logger } from '../../controllers/visits/logger.js';
import { portOf } from '../support/port-of.js';
import { RawClient } from '../support/start-app.js';
import { describePage, ExamplePage, SOON } from './example-page.js';
import { ENDPOINT, type ServedExample, serveExample } from './serve-example.js';

class MemoryLogger extends Logger {
  readonly lines: string[] = [];

  log(message: string): void {
    this.lines.push(message);
  }
}

describe('the visits by TLS', () => {
  let served: ServedExample;
  let certificate: Certificate;
  let logger: MemoryLogger;

  beforeEach(async () => {
    certificate = makeSelfSigned();
    logger = new MemoryLogger();
    served = await serveExample(buildTlsApp({ https: certificate, logger }));
  });

  it.each(['127.0.0.1', 'localhost'])('serve wss: to clients that trust the certificate, at %s', async (host) => {
    const socket = new WebSocket(`wss://${host}:${portOf(served.app)}${ENDPOINT}`, { ca: certificate.cert });
    onTestFinished(() => socket.terminate());
    await once(socket, 'open');

    socket.send('M');

    expect(String((await once(socket, 'message'))[0])).toMatch(/^A[0-9a-f-]{36}$/);
  });

  it('serve the page by https:', async () => {
    const request = get(served.page, { ca: certificate.cert });
    const [response] = await once(request, 'response');
    response.resume();

    expect(served.page).toMatch(/^https:/);
    expect(response.statusCode).toBe(200);
  });

  it('are refused by clients that do not know the certificate', async () => {
    const socket = new WebSocket(served.url);

    const [error] = await once(socket, 'error');

    expect(error).toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
  });

  it('run the same handlers as without TLS', async () => {
    const enter = async (): Promise<RawClient> => {
      const client = new RawClient(new WebSocket(served.url, { ca: certificate.cert }));
      onTestFinished(() => client.socket.terminate());
      await once(client.socket, 'open');
      client.send('M', '$1;default;;_OnNamespaceConnect;0;0;');
      expect(await client.next()).toMatch(/^A/);
      expect(await client.next()).toBe('$1;;;;;;');
      return client;
    };
    const ada = await enter();
    expect(await ada.next()).toBe(';default;;OnVisit;0;0;1');
    const bob = await enter();
    expect(await bob.next()).toBe(';default;;OnVisit;0;0;2');

    ada.send(';default;;OnChat;0;0;in secret');

    expect(await bob.next()).toBe(';default;;OnChat;0;0;in secret');
    expect(logger.lines[0]).toContain('is here (age 42, other string)');
  });

  it('are started by their name, at an address of https:', async () => {
    const { app, url } = await startExample({ name: 'tls', port: '0' });
    onTestFinished(() => app.close());

    expect(url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
  });
});

describe('makeSelfSigned', () => {
  it('makes another key and another serial number each time', () => {
    const [one, other] = [makeSelfSigned(), makeSelfSigned()];

    expect(one.key).not.toBe(other.key);
    expect(new X509Certificate(one.cert).serialNumber).not.toBe(new X509Certificate(other.cert).serialNumber);
  });

  it('signs for the loopback alone, for thirty days', () => {
    const { cert } = makeSelfSigned(Date.parse('2026-11-21T12:00:00Z'));
    const made = new X509Certificate(cert);

    expect(made.subjectAltName).toBe('DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1');
    expect([made.validFrom, made.validTo]).toEqual(['Nov 20 12:00:00 2026 GMT', 'Dec 21 12:00:00 2026 GMT']);
    expect(made.verify(made.publicKey)).toBe(true);
    expect(made.checkHost('example.com')).toBeUndefined();
  });

  it('writes years from 2050 on with four digits', () => {
    const { validTo } = new X509Certificate(makeSelfSigned(Date.parse('2051-01-01T00:00:00Z')).cert);

    expect(validTo).toBe('Jan 31 00:00:00 2051 GMT');
  });
});

describePage('the page of the visits by TLS', (browser) => {
  it('counts its visitors by wss:', async () => {
    const served = await serveExample(buildTlsApp({ logger: new MemoryLogger() }));

    const ada = await ExamplePage.open(browser(), served.page, { ignoreHTTPSErrors: true });

    await expect.poll(() => ada.text('visits'), SOON).toBe('1 visitor');
    expect(await ada.text('scheme')).toBe('wss:');
  });
});

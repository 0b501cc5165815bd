import { describe, expect, it } from 'vitest';
import { startExample } from '../../controllers/start-example.js';
import { portOf } from '../support/port-of.js';

describe('startExample', () => {
  it('starts the chat when no name is given, and gives the URL to open', async () => {
    const { app, url } = await startExample({ port: '0' });

    const page = await fetch(url);
    await app.close();

    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(await page.text()).toContain('<title>Nefeli chat</title>');
  });

  it('starts the news by its name, and says what to do there', async () => {
    const { app, url, invitation } = await startExample({ name: 'news', port: '0' });

    const page = await fetch(url);
    await app.close();

    expect(await page.text()).toContain('<title>Nefeli news</title>');
    expect(invitation).toBe('publish a headline');
  });

  it('refuses a name that is none with the names that there are', async () => {
    await expect(startExample({ name: 'chta', port: '0' })).rejects.toThrow(
      'There is no example “chta”. There is: chat, news. Start one with: npm start -- chat',
    );
  });

  it.each(['', 'http', '-1', '80.5', '65536'])('refuses the port %j', async (port) => {
    await expect(startExample({ port })).rejects.toThrow(
      `PORT is “${port}”, but must be a number from 0 to 65535; 0 takes any port that is free.`,
    );
  });

  it('says what to do when the port is in use', async () => {
    const { app } = await startExample({ port: '0' });
    const port = portOf(app);

    const second = startExample({ port: String(port) });

    await expect(second).rejects.toMatchObject({
      name: 'StartError',
      message: expect.stringContaining(
        `Port ${port} on 127.0.0.1 is in use. Stop what uses it, or choose another port`,
      ),
    });
    await app.close();
  });

  it('says what to do when the host is none of this computer', async () => {
    await expect(startExample({ port: '0', host: '192.0.2.1' })).rejects.toThrow(
      'HOST is “192.0.2.1”, which is no address of this computer. Try HOST=127.0.0.1 npm start',
    );
  });
});

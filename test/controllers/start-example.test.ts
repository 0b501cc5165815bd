import { describe, expect, it, onTestFinished } from 'vitest';
import { EXAMPLES } from '../../controllers/examples.js';
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

  it('serves a page at /examples that names every example, and links to those that run', async () => {
    const { app, url } = await startExample({ name: 'news', port: '0' });

    const page = await (await fetch(`${url}/examples`)).text();
    await app.close();

    expect(page).toContain(`<a href="${url}">`);
    expect(page.match(/<li>/g)).toHaveLength(EXAMPLES.size);
    expect(page).toContain('<code>npm start -- chat</code>');
  });

  it.each([...EXAMPLES.keys()])(
    'starts %s, whose page has a title and asks for nothing from elsewhere',
    async (name) => {
      const { app, url } = await startExample({ name, port: '0' });
      onTestFinished(() => app.close());

      const { statusCode, body, headers } = await app.inject({ url: '/', headers: { host: new URL(url).host } });

      expect(statusCode).toBe(200);
      expect(body).toMatch(/<title>Nefeli [^<]+<\/title>/);
      expect(body).toContain('href="/examples"');
      expect(body).not.toMatch(/(src|href)="(https?:)?\/\//);
      expect(headers['content-security-policy']).toContain("default-src 'self'");
    },
  );

  it('refuses a name that is none with the names that there are', async () => {
    await expect(startExample({ name: 'chta', port: '0' })).rejects.toThrow(
      `There is no example “chta”. There is: ${[...EXAMPLES.keys()].join(', ')}. Start one with: npm start -- chat`,
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

import { Container, inject } from 'inversify';
import { Broadcaster, Namespace } from 'nefeli';
import { testNamespace } from 'nefeli/testing';
import { describe, expect, it } from 'vitest';

class News {
  constructor(@inject(Broadcaster) readonly broadcaster: Broadcaster) {}
}

@Namespace('news')
class NewsController {
  constructor(@inject(News) private readonly news: News) {}
  onReaders() {
    return this.news.broadcaster.in('news').count();
  }
}

describe('tests that are served from one container, one after the other', () => {
  it('have each a broadcaster of their own', async () => {
    const container = new Container();
    container.bind(News).toSelf().inSingletonScope();
    for (const readers of [1, 2]) {
      await using test = await testNamespace(NewsController, { container });
      const clients = [];
      for (let count = 0; count < readers; count++) clients.push(await test.connect());

      expect((await clients[0]?.ask('readers'))?.body).toBe(String(readers));
    }
  });
});

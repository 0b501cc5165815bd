import { Body, Controller, Get, HttpStatusCode, Post, StatusCode } from '@inversifyjs/http-core';
import { inject } from 'inversify';
import { checkedBy } from './checked-by.js';
import { Draft } from './draft.js';
import type { Headline } from './news-events.js';
import { Newsroom, type Publication } from './newsroom.js';

/** The headlines over HTTP: to publish one, and to list them. */
@Controller('/headlines')
export class HeadlinesController {
  constructor(@inject(Newsroom) private readonly newsroom: Newsroom) {}

  @Get()
  list(): readonly Headline[] {
    return this.newsroom.latest();
  }

  @Post()
  @StatusCode(HttpStatusCode.CREATED)
  publish(@Body(checkedBy(Draft)) draft: Draft): Promise<Publication> {
    return this.newsroom.publish(draft);
  }
}

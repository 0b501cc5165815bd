import { Body, Controller, Get, Post, Request } from '@inversifyjs/http-core';
import type { FastifyRequest } from 'fastify';
import { inject } from 'inversify';
import { checkedBy } from '../news/checked-by.js';
import { type Todo, TodoList } from './todo.js';
import { TodoLists } from './todo-lists.js';

/** The list of a session over HTTP: to read it, and to save it as a whole. */
@Controller('/todos')
export class TodosController {
  constructor(@inject(TodoLists) private readonly lists: TodoLists) {}

  @Get()
  read(@Request() { sessionId }: FastifyRequest): readonly Todo[] {
    return this.lists.of(sessionId);
  }

  @Post()
  save(@Request() { sessionId }: FastifyRequest, @Body(checkedBy(TodoList)) list: Todo[]): { success: boolean } {
    this.lists.save(sessionId, list);
    return { success: true };
  }
}

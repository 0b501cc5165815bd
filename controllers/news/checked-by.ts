import { BadRequestHttpResponse, type Pipe } from '@inversifyjs/http-core';
import type { z } from 'zod';

/**
 * A pipe of an HTTP controller: lets through what fits the schema, and answers the rest with 400 and the first issue, in
 * the form of Fastify's own errors.
 */
export function checkedBy<Value>(schema: z.ZodType<Value>): Pipe<unknown, Value> {
  return {
    execute(body) {
      const { success, data, error } = schema.safeParse(body);
      if (success) return data;
      throw new BadRequestHttpResponse({ statusCode: 400, error: 'Bad Request', message: error.issues[0]?.message });
    },
  };
}

/** Where Nefeli reports what nobody waits for: pino's order of arguments, so that a Fastify logger fits as it is. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

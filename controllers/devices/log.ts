/** Where services and controllers write what happens: a token, and the part of Fastify's logger that they use. */
export abstract class Log {
  abstract info(details: object, message: string): void;
}

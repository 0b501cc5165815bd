/** Where the services write what happens: a token for the container, and the part of pino that they use. */
export abstract class Log {
  abstract info(details: object, message: string): void;
}

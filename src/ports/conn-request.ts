/**
 * The HTTP request that a connection began with.
 *
 * Empty here, because only the composition root knows what it is: the Fastify entry merges `FastifyRequest` into it, so
 * that session, cookies, params, user and log are typed as they are on any route.
 */
// biome-ignore lint/suspicious/noEmptyInterface: filled by declaration merging
export interface ConnRequest {}

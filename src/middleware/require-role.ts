import { PublicError, WsError } from '../errors.js';
import type { Context, Middleware } from '../ports/middleware.js';
import { aFunction, checkArgument, checkArguments, optional, type Rule, type Rules } from './check-arguments.js';

/** The roles of whoever is behind a connection; `undefined` where nobody has signed in. */
type Roles = readonly string[] | undefined;

/** What {@link requireRole} takes besides roles. */
export interface RequireRoleOptions {
  /**
   * Finds the roles, each time anew. `undefined` means that nobody has signed in.
   *
   * @default `user.role`, a text, and `user.roles`, an array, of `ctx.conn.user`; `undefined` without a user
   */
  readonly roles?: (ctx: Context) => Roles | Promise<Roles>;
}

type RoleArguments = readonly [string, ...string[]] | readonly [string, ...string[], RequireRoleOptions];

const RULES: Rules<RequireRoleOptions> = { roles: optional(aFunction) };

const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';

const someRoles: Rule = {
  expected: 'one or more texts that are not empty',
  fits: (value) => Array.isArray(value) && value.length > 0 && value.every(isText),
};

/**
 * Lets through whoever has one of the roles: `requireRole('admin', 'owner')`. The options come last.
 *
 * Nobody signed in is refused with `sign in first`, code `UNAUTHENTICATED`; anybody else with `not allowed`, code
 * `FORBIDDEN` and `data: { roles }`, the roles of which one would do.
 *
 * @throws {OPTION_INVALID}
 */
export function requireRole(...args: RoleArguments): Middleware {
  const { required, options } = split(args);
  checkArgument('roles of requireRole()', required, someRoles);
  checkArguments('requireRole', options, RULES);
  const rolesOf = options.roles ?? rolesOfUser;
  return async (ctx, next) => {
    const roles = await rolesOf(ctx);
    if (roles === undefined) throw new PublicError('sign in first', { code: 'UNAUTHENTICATED' });
    mustBeArray(roles);
    if (!required.some((role) => roles.includes(role))) {
      throw new PublicError('not allowed', { code: 'FORBIDDEN', data: { roles: required } });
    }
    return await next();
  };
}

function split(args: RoleArguments): { required: readonly string[]; options: RequireRoleOptions } {
  const last = args.at(-1);
  if (typeof last !== 'object' || last === null) return { required: args as readonly string[], options: {} }; // none came
  return { required: args.slice(0, -1) as string[], options: last }; // all before the options
}

/** A text has `includes`, too: "administrator" must not do for "admin". */
function mustBeArray(roles: unknown): void {
  if (Array.isArray(roles)) return;
  const expected = 'an array of texts, or undefined where nobody has signed in';
  throw new WsError('OPTION_INVALID', { option: 'result of roles of requireRole()', value: roles, expected });
}

function rolesOfUser({ conn: { user } }: Context): Roles {
  if (!user) return undefined;
  const { role, roles } = user as { readonly role?: unknown; readonly roles?: unknown }; // any value has properties or none
  return [role, ...(Array.isArray(roles) ? roles : [])].filter((each) => typeof each === 'string');
}

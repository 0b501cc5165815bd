/**
 * What zod, valibot, ArkType and others agree on: a schema says by itself how to check a value.
 *
 * @source https://standardschema.dev
 */
export type { StandardSchemaV1 } from '@standard-schema/spec';

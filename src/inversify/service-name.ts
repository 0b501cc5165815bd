import type { ServiceIdentifier } from 'inversify';

/** How a service is called in messages. */
export function nameOf(service: ServiceIdentifier): string {
  return typeof service === 'function' ? service.name : String(service);
}

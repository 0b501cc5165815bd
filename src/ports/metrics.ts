/** What Nefeli counts. Each name is a total since the start. */
export type MetricName =
  | 'connections.opened'
  | 'connections.closed'
  | 'connections.refused'
  | 'frames.in'
  | 'frames.malformed'
  | 'frames.unwanted'
  | 'replies.unexpected'
  | 'messages.unhandled'
  | 'errors.remote'
  | 'errors.handler'
  | 'asks.sent'
  | 'asks.timedOut'
  | 'broadcasts.sent'
  | 'broadcasts.delivered'
  | 'adapter.failed'
  | 'adapter.dropped'
  | 'adapter.down'
  | 'adapter.lost'
  | 'adapter.malformed'
  | 'adapter.repeated'
  | 'neffos.skipped'
  | 'neffos.lost'
  | 'outbox.dropped'
  | 'outbox.overflowed'
  | 'heartbeat.lost'
  | 'timeouts.read'
  | 'timeouts.message'
  | 'unfinished.closed'
  | 'timeouts.write'
  | 'reading.paused';

/** Where Nefeli counts, so that an application can read the totals in its own way. */
export interface Metrics {
  /** Called on hot paths: must be cheap. What it throws is logged, once, and nothing else. */
  count(name: MetricName, by?: number): void;
}

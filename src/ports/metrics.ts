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
  | 'outbox.dropped'
  | 'outbox.overflowed'
  | 'heartbeat.lost'
  | 'reading.paused';

export interface Metrics {
  /** Called on hot paths: must be cheap and must not throw. */
  count(name: MetricName, by?: number): void;
}

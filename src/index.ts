export { MemoryBus, memoryAdapter } from './adapters/memory/memory-adapter.js';
export type { EventHandler, EventHandlers, Namespaces } from './core/event-maps.js';
export { reply } from './core/reply.js';
export type { ErrorInfo, RemoteErrorInfo } from './core/settings.js';
export type { IrisWireChoice, WireChoice } from './core/wire-of.js';
export { Conn } from './decorators/conn.js';
export { CurrentSession, CurrentUser, Logger, Request } from './decorators/connection-values.js';
export type { EventSchemas } from './decorators/controller-record.js';
export { createParamDecorator } from './decorators/create-param-decorator.js';
export { Body, Msg, Ns, RoomName } from './decorators/message-params.js';
export { Namespace } from './decorators/namespace.js';
export { On } from './decorators/on.js';
export type { ParamDecorator } from './decorators/param-decorator.js';
export { Service, type ServiceToken } from './decorators/service.js';
export { Use } from './decorators/use.js';
export {
  BodyError,
  type BodyIssue,
  CloseError,
  type ErrorCode,
  type ErrorDetails,
  PublicError,
  RemoteError,
  WsError,
} from './errors.js';
export type { ClientScript } from './fastify/client-script.js';
export type { CompressionOptions } from './fastify/compression.js';
export type { NefeliMount, RouteHandler } from './fastify/mount.js';
export type { MountOptions, NefeliOptions, OriginOptions, ServedOptions } from './fastify/options.js';
export { nefeli } from './fastify/plugin.js';
export type { UpgradeRefusal } from './fastify/upgrade-refusal.js';
export type { Bindable, MadeBy, MadeOf } from './inversify/recipe.js';
export { type ConnectionMaker, registerPerConnection } from './inversify/register-per-connection.js';
export { type MessageMaker, registerPerMessage } from './inversify/register-per-message.js';
export { type LogMessagesOptions, logMessages } from './middleware/log-messages.js';
export { type RateLimitOptions, rateLimit } from './middleware/rate-limit.js';
export { type RequireRoleOptions, requireRole } from './middleware/require-role.js';
export { type TimeoutOptions, timeout } from './middleware/timeout.js';
export type { ServerNamespaceOptions } from './mvc/build-event-table.js';
export type { ConnHandler } from './mvc/conn-handler.js';
export type { ConnHandlers } from './mvc/conn-handlers.js';
export type { ControllerRegistration } from './mvc/controller-registration.js';
export { defaultEventMatcher, eventMatchers } from './mvc/event-matcher.js';
export { joinConnHandlers } from './mvc/join-conn-handlers.js';
export { withTimeouts } from './mvc/with-timeouts.js';
export type {
  Act,
  Adapter,
  AdapterHost,
  AdapterState,
  BroadcastContent,
  Envelope,
  Member,
  Query,
  QueryResult,
} from './ports/adapter.js';
export {
  type Answer,
  Broadcaster,
  type BroadcastMessage,
  type BroadcastTarget,
  type Exception,
  type Failure,
  type Gathered,
  type NamespacesOf,
} from './ports/broadcaster.js';
export type { Clock, Scheduler, Timer } from './ports/clock.js';
export type { ClusterState, ClusterView, ServerEvent } from './ports/cluster.js';
export type { BodyArgs, CloseInfo, EventMap, EventsOf, Room, WaitOptions } from './ports/conn.js';
export { NSConn } from './ports/conn.js';
export type { ConnRequest } from './ports/conn-request.js';
export type { EventMatcher } from './ports/event-matcher.js';
export type { Target } from './ports/hub.js';
export type { Message } from './ports/message.js';
export type { MetricName, Metrics } from './ports/metrics.js';
export type {
  ConnectionContext,
  Context,
  MessageContext,
  Middleware,
  MiddlewareObject,
  Next,
} from './ports/middleware.js';
export type {
  Concurrency,
  NamespaceBehaviour,
  NamespaceOptions,
  NamespaceTimeouts,
} from './ports/namespace-options.js';
export type { Reply } from './ports/reply.js';
export { keyOf, type Topic, topicOf } from './ports/topic.js';
export { CloseCode } from './protocol/close-codes.js';
export { NATIVE_MESSAGE, SystemEvent } from './protocol/event-names.js';
export { Counters } from './server/counters.js';
export type { HeartbeatOptions } from './server/heartbeat.js';
export type { LocalQuery, LocalView } from './server/local-view.js';
export type { Limits, ServerBehaviour } from './server/options.js';
export type { SlowReaderPolicy } from './server/outbox.js';
export type { CloseOptions } from './server/server.js';

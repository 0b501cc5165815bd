import { readFileSync } from 'node:fs';
import * as api from 'nefeli';
import { describe, expect, it } from 'vitest';

/** What users import. A name that goes breaks somebody; a name that comes stays for years. */
const VALUES = [
  'Body',
  'BodyError',
  'Broadcaster',
  'CloseCode',
  'CloseError',
  'Conn',
  'Counters',
  'CurrentSession',
  'CurrentUser',
  'Logger',
  'MemoryBus',
  'Msg',
  'NATIVE_MESSAGE',
  'NSConn',
  'Namespace',
  'Ns',
  'On',
  'PublicError',
  'RemoteError',
  'Request',
  'RoomName',
  'Service',
  'SystemEvent',
  'Use',
  'WsError',
  'createParamDecorator',
  'defaultEventMatcher',
  'eventMatchers',
  'joinConnHandlers',
  'keyOf',
  'logMessages',
  'memoryAdapter',
  'nefeli',
  'rateLimit',
  'registerPerConnection',
  'registerPerMessage',
  'reply',
  'requireRole',
  'timeout',
  'topicOf',
  'withTimeouts',
];

const TYPES = `
  Act Adapter AdapterHost AdapterState Answer Bindable BodyArgs BodyIssue BroadcastContent BroadcastMessage BroadcastTarget
  ClientScript Clock CloseInfo CloseOptions ClusterState ClusterView CompressionOptions Concurrency ConnHandler ConnHandlers
  ConnRequest ConnectionContext ConnectionMaker Context ControllerRegistration Envelope ErrorCode ErrorDetails ErrorInfo
  EventHandler EventHandlers EventMap EventMatcher EventSchemas EventsOf Exception Failure Gathered HeartbeatOptions
  IrisWireChoice Limits LocalQuery LocalView LogMessagesOptions MadeBy MadeOf Member Message MessageContext
  MessageMaker MetricName Metrics Middleware MiddlewareObject MountOptions NamespaceBehaviour
  NamespaceOptions NamespaceTimeouts Namespaces NamespacesOf NefeliMount NefeliOptions Next
  OriginOptions ParamDecorator Query QueryResult RateLimitOptions RemoteErrorInfo Reply
  RequireRoleOptions Room RouteHandler Scheduler ServedOptions ServerBehaviour ServerEvent ServerNamespaceOptions
  ServiceToken SlowReaderPolicy Target TimeoutOptions Timer Topic UpgradeRefusal WaitOptions WireChoice
`
  .trim()
  .split(/\s+/);

describe('the package entry', () => {
  it('exports these values and no others', () => {
    expect(Object.keys(api).sort()).toEqual(VALUES);
  });

  it('exports these types and no others', () => {
    const source = readFileSync('src/index.ts', 'utf8');
    const names = [...source.matchAll(/export (type )?\{([^}]+)\}/g)].flatMap(([, allTypes, list = '']) =>
      list
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== '' && (allTypes !== undefined || name.startsWith('type ')))
        .map((name) => name.replace('type ', '')),
    );
    expect(names.sort()).toEqual(TYPES.sort());
  });
});

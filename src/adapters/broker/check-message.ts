import type { Act, BroadcastContent, Member, Query, QueryResult } from '../../ports/adapter.js';
import type { Target } from '../../ports/hub.js';
import type { Body } from '../../protocol/message.js';
import type { ChannelCount, Message } from './record.js';

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value: unknown): value is string => typeof value === 'string';
const isWhole = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0; // a safe integer is a number
const isTexts = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every(isText);
const isTime = (value: unknown): value is number => typeof value === 'number' && value > 0;

/** What a header must be, or `undefined`. The result has the fields that are known, and no others. */
export function checkMessage(header: unknown, body: Body | undefined, from: string): Message | undefined {
  if (!isFields(header)) return undefined;
  const { kind, queryId } = header;
  switch (kind) {
    case 'broadcast': {
      const target = targetOf(header['target']);
      const content = contentOf(header['content'], body);
      return target && content && { kind, from, target, content };
    }
    case 'event': {
      const content = contentOf(header['content'], body);
      return content && { kind, from, content };
    }
    case 'query': {
      const query = queryOf(header['query'], body);
      return isText(queryId) && query ? { kind, from, queryId, query } : undefined;
    }
    case 'cancel':
      return isText(queryId) ? { kind, from, queryId } : undefined;
    case 'result': {
      const { to, isLast } = header;
      const result = resultOf(header['result'], body);
      if (!isText(queryId) || !isText(to) || typeof isLast !== 'boolean' || !result) return undefined;
      return { kind, from, to, queryId, result, isLast };
    }
    case 'hello':
    case 'here':
    case 'bye': {
      const counts = listOf(header['counts'], countOf);
      return counts && { kind, from, counts };
    }
    default:
      return undefined;
  }
}

function targetOf(value: unknown): Target | undefined {
  if (!isFields(value)) return undefined;
  const { namespace, rooms, ids, exceptIds, exceptKeys } = value;
  if (!isText(namespace) || !isTexts(rooms) || !isTexts(ids) || !isTexts(exceptIds) || !isTexts(exceptKeys)) {
    return undefined;
  }
  return { namespace, rooms, ids, exceptIds, exceptKeys };
}

/** A content is passed on with what else it holds, for a later version to read: texts, numbers and truth values. */
function contentOf(value: unknown, body: Body | undefined): BroadcastContent | undefined {
  if (!isFields(value) || body === undefined) return undefined;
  const { event, binary, json } = value;
  if (!isText(event) || typeof binary !== 'boolean' || !(json === undefined || json === true)) return undefined;
  const content: BroadcastContent & Record<string, unknown> = { event, binary, body };
  for (const [name, field] of Object.entries(value)) {
    if (name !== 'body' && typeof field !== 'object') content[name] = field;
  }
  return content;
}

function queryOf(value: unknown, body: Body | undefined): Query | undefined {
  if (!isFields(value)) return undefined;
  const { kind, timeoutMs } = value;
  const target = targetOf(value['target']);
  if (!target) return undefined;
  switch (kind) {
    case 'count':
    case 'members':
    case 'rooms':
      return { kind, target };
    case 'broadcast': {
      const content = contentOf(value['content'], body);
      return content && { kind, target, content };
    }
    case 'ask':
    case 'gather': {
      const content = contentOf(value['content'], body);
      return content && isTime(timeoutMs) ? { kind, target, content, timeoutMs } : undefined;
    }
    case 'act': {
      const act = actOf(value['act']);
      return act && isTime(timeoutMs) ? { kind, target, act, timeoutMs } : undefined;
    }
    default:
      return undefined;
  }
}

function actOf(value: unknown): Act | undefined {
  if (!isFields(value)) return undefined;
  const { kind, room, code, reason } = value;
  switch (kind) {
    case 'joinRoom':
    case 'leaveRoom':
      return isText(room) ? { kind, room } : undefined;
    case 'disconnect':
      return { kind };
    case 'close':
      return isWhole(code) && isText(reason) ? { kind, code, reason } : undefined;
    default:
      return undefined;
  }
}

function resultOf(value: unknown, body: Body | undefined): QueryResult | undefined {
  if (!isFields(value)) return undefined;
  const { kind, count, rooms, id, text } = value;
  switch (kind) {
    case 'count':
      return isWhole(count) ? { kind, count } : undefined;
    case 'members': {
      const members = listOf(value['members'], memberOf);
      return members && { kind, members };
    }
    case 'rooms':
      return isTexts(rooms) ? { kind, rooms } : undefined;
    case 'reply':
      return isText(id) && body !== undefined ? { kind, id, body } : undefined;
    case 'error':
      if (!isText(text) || !(id === undefined || isText(id))) return undefined;
      return { kind, text, ...(id !== undefined && { id }) };
    case 'nobody':
      return { kind };
    default:
      return undefined;
  }
}

function memberOf(value: unknown): Member | undefined {
  if (!isFields(value)) return undefined;
  const { id, key } = value;
  return isText(id) && isText(key) ? { id, key } : undefined;
}

/** A count is written as a short list: there may be many. */
function countOf(value: unknown): ChannelCount | undefined {
  if (!Array.isArray(value)) return undefined;
  const [channel, epoch, n]: readonly unknown[] = value;
  return isText(channel) && isWhole(epoch) && isWhole(n) ? { channel, epoch, n } : undefined;
}

function listOf<T>(value: unknown, itemOf: (item: unknown) => T | undefined): readonly T[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const items = value.flatMap((item: unknown) => itemOf(item) ?? []);
  return items.length === value.length ? items : undefined;
}

import type { Group, TrafficScenario } from './scenarios.js';

/** One of the sizes that a cost is measured at. */
export interface Point {
  /** Connections, or rooms. */
  readonly size: number;
  /** The scenario that measures it. */
  readonly scenario: string;
}

/** A cost over a size that it should not depend on. */
export interface Curve {
  readonly name: string;
  readonly title: string;
  readonly along: 'connections' | 'rooms';
  /** What one is of what is counted: `message`, `delivery`. */
  readonly unit: string;
  /** From the least size to the greatest. */
  readonly points: readonly Point[];
  /** How many times its cost at any smaller size the cost of Nefeli may be. What the processor's caches do is in it, too. */
  readonly limit: number;
}

/** What is measured at one size. */
type Load = Pick<TrafficScenario, 'connections' | 'work' | 'longer'>;

interface Plan extends Omit<Curve, 'points'> {
  /** The title at one size. */
  readonly at: (size: string) => string;
  readonly load: (size: number) => Load;
}

const SIZES = {
  connections: [10, 100, 1_000, 10_000],
  rooms: [1, 10, 100, 1_000],
} satisfies Record<Curve['along'], readonly number[]>;
const PEERS = ['nefeli', 'ws'];
const FLAT = 1.3;
/** Opening many connections warms a server up, too: what opens few must not look dearer for that. */
const WARMER = 2;
/** Who sends, and who is in a room. */
const FEW = 10;
const BODY_BYTES = 64;
/** One broadcast to so many takes a good part of a second of the server, so that a short time would hold few of them. */
const MANY_RECEIVERS = 10_000;

const toRooms = (rooms: number): Load['work'] => ({ kind: 'cast', senders: 1, bodyBytes: BODY_BYTES, rooms });
const inRooms = (count: number): Group => ({ count: FEW, rooms: { kind: 'same', count } });
const andOthers = (first: Group, others: Group): readonly Group[] => (others.count === 0 ? [first] : [first, others]);

const PLANS: readonly Plan[] = [
  {
    name: 'growth-echo',
    title: 'echo of 10 connections, the others idle',
    at: (size) => `echo of 10 among ${size} connections, 1 in flight, 64 B`,
    along: 'connections',
    unit: 'message',
    limit: FLAT,
    load: (size) => ({
      connections: [{ count: size }],
      work: { kind: 'echo', as: 'emit', inFlight: 1, bodyBytes: BODY_BYTES, busy: FEW },
    }),
  },
  {
    name: 'growth-room',
    title: 'a room of 10, the others in none',
    at: (size) => `a room of 10 among ${size} connections, 1 sender, 64 B`,
    along: 'connections',
    unit: 'delivery',
    limit: FLAT,
    load: (size) => ({ connections: andOthers(inRooms(1), { count: size - FEW }), work: toRooms(1) }),
  },
  {
    name: 'growth-broadcast',
    title: 'broadcast to all',
    at: (size) => `broadcast to ${size}, 1 sender, 64 B`,
    along: 'connections',
    unit: 'delivery',
    limit: FLAT,
    load: (size) => ({
      connections: [{ count: size }],
      work: { kind: 'cast', senders: 1, bodyBytes: BODY_BYTES },
      longer: size < MANY_RECEIVERS ? 1 : 2,
    }),
  },
  {
    name: 'growth-many-rooms',
    title: 'one of many rooms of 10',
    at: (size) => `messages to one of ${size} rooms, 10 connections in each, 64 B`,
    along: 'rooms',
    unit: 'delivery',
    limit: FLAT,
    load: (size) => ({
      connections: andOthers(inRooms(1), { count: (size - 1) * FEW, rooms: { kind: 'own', size: FEW } }),
      work: toRooms(1),
    }),
  },
  {
    name: 'growth-joined',
    title: '10 connections in all rooms, each room in turn',
    at: (size) => `10 connections in ${size} rooms each, messages to each room in turn, 64 B`,
    along: 'rooms',
    unit: 'delivery',
    limit: FLAT,
    load: (size) => ({ connections: [inRooms(size)], work: toRooms(size) }),
  },
];

/** What should cost the same however much there is of something else. In the order of the report. */
export const CURVES: readonly Curve[] = PLANS.map(({ at, load, ...curve }) => {
  return { ...curve, points: SIZES[curve.along].map((size) => ({ size, scenario: `${curve.name}-${size}` })) };
});

/** The scenarios that measure the points of the curves. */
export const GROWTH: readonly TrafficScenario[] = PLANS.flatMap(({ name, at, along, unit, load }) => {
  return SIZES[along].map((size): TrafficScenario => {
    const title = at(size.toLocaleString('en-GB'));
    const named = { name: `${name}-${size}`, title, unit, main: 'cpuUs', peers: PEERS } as const;
    return { kind: 'traffic', ...named, warmer: WARMER, ...load(size) };
  });
});

/** Whether a scenario of this name measures a point of a curve. */
export function isPoint(name: string): boolean {
  return GROWTH.some((scenario) => scenario.name === name);
}

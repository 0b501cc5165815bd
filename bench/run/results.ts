import type { Metric, Scenario } from '../scenarios.js';
import type { Machine } from './machine.js';

/** What one run of a peer has given. */
export type Measurement = Readonly<Partial<Record<Metric, number>>>;

/** How long and how often was measured. */
export interface Settings {
  readonly rounds: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
  /** What the number of connections is divided by where there are many, to try the benchmark out. 1: as it should be. */
  readonly fewer: number;
}

/** The runs of one peer in a scenario: one for each round, or more where the scenario says so. */
export interface PeerResult {
  readonly name: string;
  readonly title: string;
  /** `null` where a run has failed. */
  readonly rounds: (Measurement | null)[];
}

export interface ScenarioResult extends Pick<Scenario, 'name' | 'title' | 'unit' | 'main'> {
  /** When its run began, in ISO 8601, where the results of several runs were put together. */
  readonly measuredOn?: string;
  readonly peers: readonly PeerResult[];
}

/** Something that was to be measured and was not. */
export interface Missing {
  readonly what: string;
  readonly reason: string;
}

/** What the benchmark writes as JSON. */
export interface Results {
  /** When the run began, in ISO 8601. */
  readonly date: string;
  /** Of the source that was measured, where Git knows it. */
  readonly commit: string;
  readonly machine: Machine;
  readonly settings: Settings;
  /** What was measured, by the names of packages. */
  readonly versions: Readonly<Record<string, string>>;
  readonly scenarios: readonly ScenarioResult[];
  readonly missing: Missing[];
}

// What the page reads of proto/terrella/v1, in proto3's JSON mapping: 64-bit numbers are strings.

export type NodeState = "NODE_STATE_READY" | "NODE_STATE_SYNCING" | "NODE_STATE_DRAINING" | "NODE_STATE_DOWN"
    | "NODE_STATE_UNSPECIFIED";

export interface NodeInfo {
  id: string;
  pop: string;
  city: string;
  country: string;
  latitudeDeg: number;
  longitudeDeg: number;
}
export interface EdgeNode { info: NodeInfo; state: NodeState; load: number }
export interface View { cluster: string; serial: string; zone: string; nodes: EdgeNode[]; hostnames: string[] }

export interface NodeStatus {
  node: EdgeNode;
  ackedRevision: string;
  requests: string;
  errors: string;
  rssBytes: string;
  isolates: number;
  rejected: string[];
}
export interface Status { cluster: string; revision: string; build: string; startedUnixMs: string; nodes: NodeStatus[] }

export interface VersionShare { versionId: string; basisPoints: number }
export interface Script {
  name: string;
  versionId: string;
  routes: string[];
  deployedUnixMs: string;
  deploymentId: string;
  shares: VersionShare[];
  rolloutId: string;
}

export type RolloutState = "RUNNING" | "PAUSED" | "DONE" | "ROLLED_BACK" | "ABORTED" | "SUPERSEDED" | "STATE_UNSPECIFIED";
export interface Wave { place: string; basisPoints: number; bakeMs: string; scope?: { pops: string[]; continents: string[] } }
export interface RolloutEvent { unixMs: string; kind: string; wave: number; text: string }
export interface Rollout {
  id: string;
  script: string;
  newVersion: string;
  oldVersion: string;
  plan: { waves: Wave[] };
  state: RolloutState;
  wave: number;
  startedUnixMs: string;
  endedUnixMs: string;
  events: RolloutEvent[];
}
export interface VersionFigures { requests: string; errorRate: number; p99Ms: number }
export interface RolloutProgress {
  rollout: Rollout;
  phase: string;
  why: string;
  bakeLeftMs: string;
  figures?: { nodes: number; newVersion?: VersionFigures; oldVersion?: VersionFigures };
  convergence?: { acked: number; total: number; lagging: string[] };
}

export interface RunFigures { name: string; requests: string; failed: string; p50Ms: number; p95Ms: number }
export interface Run {
  id: string;
  name: string;
  how: string;
  state: "RUNNING" | "PASSED" | "FAILED" | "INTERRUPTED" | "STATE_UNSPECIFIED";
  durationS: number;
  elapsedS: number;
  total?: RunFigures | null;
  regions: RunFigures[];
  timeline: { atS: number; action: string; target: string; done: boolean; trouble: string }[];
  assertions: { text: string; verdict: string; is: string }[];
  startedUnixMs: string;
  reportPath: string;
}

export interface TailEvent {
  pop: string;
  unixMs: string;
  outcome: string;
  method: string;
  url: string;
  city: string;
  status: number;
  logs: { level: string; text: string }[];
  exceptions: { name: string; message: string; stack: string }[];
  wallUs: string;
  cold: boolean;
  cron: string;
}
export interface TailItem {
  started?: { nodes: number } | null;
  events: TailEvent[];
  drops: { node: string; events: string }[];
}

export interface Visit {
  city: string;
  country: string;
  latitudeDeg: number;
  longitudeDeg: number;
  status: number;
  pop: string;
  ray: string;
  versionId: string;
  rttMs: number;
  dns?: { address: string; pop: string; ttlS: number; scopeBits: number } | null;
  why: string[];
  phases: { name: string; startMs: number; durationMs: number; note: string }[];
  totalMs: number;
  body: string;
  bodyBytes: string;
}

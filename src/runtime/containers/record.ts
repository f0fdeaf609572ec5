import type {
  ContainerConfig,
  EndpointSettings,
  Health,
  HostConfig,
  PortMap,
} from '../../engine-api/index.ts';
import type { Digest } from '../parts.ts';

/** The time of what has not happened yet, as Go prints it. */
export const ZERO_TIME = '0001-01-01T00:00:00Z';

/** A mount as it was resolved at creation. It does not change afterwards. */
export interface MountRecord {
  readonly type: 'bind' | 'volume' | 'tmpfs' | 'image';
  /** Absolute path inside the container, cleaned. */
  readonly destination: string;
  /** bind: host path; volume: name; image: reference; tmpfs: empty. */
  readonly source: string;
  readonly readonly: boolean;
  /** As the user wrote it: `ro,z`. Shown by inspect. */
  readonly mode: string;
  readonly propagation: string;
  /** volume: filled from the image on first use unless false. */
  readonly copy?: boolean;
  /** volume, image: directory inside. */
  readonly subpath?: string;
  readonly driver?: string;
  /** tmpfs: mount options. */
  readonly options?: readonly string[];
  /** bind: make a missing source directory. */
  readonly createSource?: boolean;
  readonly nonRecursive?: boolean;
  /** volume: made for this container alone and removed with it when asked to. */
  readonly anonymous?: boolean;
  /** image: the image's id at creation. */
  readonly image?: Digest;
}

/** What a container is. Written at creation; only rename, update, and network connect/disconnect write it again. */
export interface ContainerRecord {
  readonly version: 1;
  readonly id: string;
  /** Without slash. */
  readonly name: string;
  readonly createdAt: string;
  /** Image id, empty for a container without image. */
  readonly image: Digest;
  /** The request merged with the image's configuration. */
  readonly config: ContainerConfig;
  readonly hostConfig: HostConfig;
  /** Networks to attach to, by the name or id that was asked for. */
  readonly endpoints: Readonly<Record<string, EndpointSettings>>;
  readonly mounts: readonly MountRecord[];
}

/** What guards against mistaking another process for ours. */
export interface ContainerProcess {
  readonly pid: number;
  readonly startTicks: number;
  readonly conmonPid: number;
}

/** How a container is. Rewritten whole at every transition. */
export interface ContainerState {
  readonly status: 'created' | 'running' | 'paused' | 'restarting' | 'exited' | 'removing' | 'dead';
  readonly process?: ContainerProcess;
  readonly exitCode: number;
  readonly error: string;
  readonly oomKilled: boolean;
  readonly startedAt: string;
  readonly finishedAt: string;
  /** Restarts by policy since the user started it. */
  readonly restartCount: number;
  /** stop or kill was asked for: `unless-stopped` stays down. */
  readonly stoppedByUser: boolean;
  readonly health?: Health;
  /** While it runs on networks: complete wire form. */
  readonly endpoints?: Readonly<Record<string, EndpointSettings>>;
  readonly ports?: PortMap;
  readonly netns?: string;
  /** `removing`: anonymous volumes go as well. */
  readonly removeVolumes?: boolean;
}

export const INITIAL_STATE: ContainerState = {
  status: 'created',
  exitCode: 0,
  error: '',
  oomKilled: false,
  startedAt: ZERO_TIME,
  finishedAt: ZERO_TIME,
  restartCount: 0,
  stoppedByUser: false,
};

/** A process exists: running or paused. `restarting` waits for its next start and has none. */
export function hasProcess(state: ContainerState): boolean {
  return state.status === 'running' || state.status === 'paused';
}

/** What the API calls `Running`: dockerd counts a container that waits for its restart. */
export function isRunning(state: ContainerState): boolean {
  return hasProcess(state) || state.status === 'restarting';
}

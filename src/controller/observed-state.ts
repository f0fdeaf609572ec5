/** What an engine reports about one project, in our own words. Plain data: planners compare it with the model. */
import type { Labels } from '../compose/index.ts';
import type { ContainerStatus, EndpointSettings, MountPoint, PortSummary } from '../engine-api/index.ts';

export interface ObservedContainer {
  readonly id: string;
  /** Without the leading slash. */
  readonly name: string;
  readonly service: string;
  /** Place among the replicas; 0 when the label is missing or malformed. */
  readonly number: number;
  readonly oneOff: boolean;
  readonly state: ContainerStatus;
  readonly health: 'none' | 'starting' | 'healthy' | 'unhealthy';
  /** Exit code of an exited container, read from its status. */
  readonly exitCode: number | undefined;
  /** For people: `Up 3 minutes (healthy)`. */
  readonly status: string;
  /** The reference it was made from, and the id that this was. */
  readonly image: string;
  readonly imageId: string;
  readonly command: string;
  /** Unix seconds. */
  readonly createdAt: number;
  readonly labels: Labels;
  readonly networkMode: string;
  /** Endpoints by network name. */
  readonly networks: Readonly<Record<string, EndpointSettings>>;
  readonly mounts: readonly MountPoint[];
  readonly ports: readonly PortSummary[];
  /** Id of the container that this one was made to replace. */
  readonly replaces: string | undefined;
}

export interface ObservedNetwork {
  readonly id: string;
  readonly name: string;
  readonly labels: Labels;
}

export interface ObservedVolume {
  readonly name: string;
  readonly driver: string;
  readonly labels: Labels;
}

export interface ObservedImage {
  readonly id: string;
  /** Paths that the image declares as volumes. */
  readonly volumes: readonly string[];
  readonly platform: string;
  /** RFC 3339; when the engine does not tell, it is the time of creation. */
  readonly lastTagged: string;
}

export interface ObservedState {
  readonly project: string;
  readonly apiVersion: string;
  /** Containers that carry the project's label, one-off ones included, by service and number. */
  readonly containers: readonly ObservedContainer[];
  /** Every network of the engine: networks of the project are found by name as well as by label. */
  readonly networks: readonly ObservedNetwork[];
  /** Volumes that carry the project's label or one of its names. */
  readonly volumes: readonly ObservedVolume[];
  /** By reference as the model writes it; a missing key means that the engine does not have it. */
  readonly images: Readonly<Record<string, ObservedImage>>;
}

/** A plan: what a verb will do, step by step, with a reason for each. Plain data, so that it can be printed, compared and sent. */
import type { Diagnostic } from '../base/index.ts';
import type { DependsCondition, Hook } from '../compose/index.ts';
import type { ContainerCreateRequest, EndpointSettings, NetworkCreateRequest, VolumeCreateRequest } from '../engine-api/index.ts';

export interface Plan {
  readonly verb: string;
  readonly project: string;
  /** In topological order: a step comes after every step it waits for. */
  readonly steps: readonly Step[];
  /** Containers that are as they should be. */
  readonly unchanged: readonly { readonly name: string; readonly service: string; readonly text: 'Running' | 'Exited' | 'Created' }[];
  readonly warnings: readonly PlanWarning[];
}

/** Something that the plan does not or cannot do; with its place when it is about a line of the file. */
export type PlanWarning = Omit<Diagnostic, 'severity'>;

export interface Step {
  /** 1, 2, 3 ... */
  readonly id: number;
  /** Ids of the steps that must be finished before. */
  readonly after: readonly number[];
  readonly action: Action;
  /** "image changed", "not found", "created by #2". */
  readonly reason: string;
  /** Steps of one group share one progress row: "recreate demo-web-1". */
  readonly group?: string;
  /** A failure is a warning and the plan goes on. */
  readonly bestEffort?: boolean;
}

/** A container that exists, or one that an earlier step of the plan makes. `name` is what people see. */
export type ContainerHandle =
  | { readonly id: string; readonly name: string }
  | { readonly createdBy: number; readonly name: string };

/** Containers that a request refers to; their ids are filled in when they are known. */
export interface ContainerReferences {
  readonly network?: ContainerHandle;
  readonly ipc?: ContainerHandle;
  readonly pid?: ContainerHandle;
  /** One for each entry of `VolumesFrom`, in order; a string is used as it is. */
  readonly volumesFrom?: readonly (string | { readonly container: ContainerHandle; readonly mode?: string })[];
}

/** A file that is put into a container before its start. */
export interface FileCopy {
  /** `config app_conf`: for messages. */
  readonly label: string;
  /** Absolute path in the container. */
  readonly target: string;
  readonly content: Uint8Array;
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
}

export type WaitCondition = DependsCondition | 'running_or_healthy';

/** One action is one engine call, except waits, pulls, builds and hooks. */
export type Action =
  | { readonly kind: 'createNetwork'; readonly network: string; readonly body: NetworkCreateRequest }
  | { readonly kind: 'removeNetwork'; readonly id: string; readonly name: string }
  | { readonly kind: 'disconnectNetwork'; readonly id: string; readonly name: string; readonly container: ContainerHandle }
  | { readonly kind: 'createVolume'; readonly volume: string; readonly body: VolumeCreateRequest }
  | { readonly kind: 'removeVolume'; readonly name: string }
  | { readonly kind: 'pullImage'; readonly service: string; readonly image: string; readonly platform?: string; readonly orBuild?: boolean }
  | { readonly kind: 'buildImage'; readonly service: string; readonly image: string }
  | { readonly kind: 'removeImage'; readonly image: string }
  | {
      readonly kind: 'createContainer';
      readonly service: string;
      readonly number: number;
      /** Final name: what people see. */
      readonly name: string;
      /** Name to create it under while a container that it replaces still holds the final one. */
      readonly temporaryName?: string;
      readonly body: ContainerCreateRequest;
      readonly platform?: string;
      readonly references?: ContainerReferences;
    }
  | { readonly kind: 'connectNetwork'; readonly network: string; readonly container: ContainerHandle; readonly endpoint: EndpointSettings }
  | { readonly kind: 'copyFiles'; readonly container: ContainerHandle; readonly files: readonly FileCopy[] }
  | { readonly kind: 'startContainer'; readonly service: string; readonly container: ContainerHandle; readonly text?: 'Restart' }
  | { readonly kind: 'stopContainer'; readonly service: string; readonly container: ContainerHandle; readonly timeoutSeconds?: number }
  | { readonly kind: 'killContainer'; readonly service: string; readonly container: ContainerHandle; readonly signal: string }
  | { readonly kind: 'restartContainer'; readonly service: string; readonly container: ContainerHandle; readonly timeoutSeconds?: number }
  | { readonly kind: 'pauseContainer'; readonly service: string; readonly container: ContainerHandle }
  | { readonly kind: 'unpauseContainer'; readonly service: string; readonly container: ContainerHandle }
  | { readonly kind: 'removeContainer'; readonly service: string; readonly container: ContainerHandle; readonly volumes: boolean; readonly force: boolean }
  | { readonly kind: 'renameContainer'; readonly service: string; readonly container: ContainerHandle; readonly to: string }
  | { readonly kind: 'runHook'; readonly service: string; readonly container: ContainerHandle; readonly hook: Hook; readonly phase: 'post_start' | 'pre_stop' }
  | {
      readonly kind: 'waitFor';
      readonly service: string;
      readonly containers: readonly ContainerHandle[];
      readonly condition: WaitCondition;
      /** Services that wait for it; empty for `--wait`. */
      readonly for: readonly string[];
      /** Counted from the beginning of the plan. */
      readonly timeoutMs?: number;
    };

export type ActionOf<K extends Action['kind']> = Extract<Action, { kind: K }>;

/** True when the plan changes nothing. */
export function isEmpty(plan: Plan): boolean {
  return plan.steps.length === 0;
}

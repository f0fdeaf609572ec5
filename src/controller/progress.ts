/** What the controller tells while it works: enough for a live table, plain lines, or JSON. */
import type { SourceRange } from '../base/index.ts';
import type { ProgressMessage } from '../engine-api/index.ts';

export type ResourceKind = 'container' | 'network' | 'volume' | 'image' | 'service';

/** working: a spinner; done, warning, error, skipped: final until the next event of the same id. */
export type ProgressState = 'working' | 'done' | 'warning' | 'error' | 'skipped';

/** The state of one row. Events of one `id` replace each other. */
export interface ResourceEvent {
  readonly type: 'resource';
  /** Stable key of the row: `container demo-web-1`, `image busybox:latest`, or a layer's id below its image. */
  readonly id: string;
  readonly kind: ResourceKind;
  readonly name: string;
  readonly service?: string;
  readonly state: ProgressState;
  /** docker compose's words: Creating, Created, Recreate, Recreated, Starting, Started, Waiting, Healthy, Exited, Running, Stopping, Stopped, Removing, Removed, Pulling, Pulled, Building, Built, Error ... */
  readonly text: string;
  /** Why the step is done ("image changed"), why it failed, or what is waited for. */
  readonly reason?: string;
  /** Bytes; `total` may be unknown. */
  readonly progress?: { readonly current: number; readonly total?: number };
  /** The id of the row that this one belongs under: layers of an image. */
  readonly parent?: string;
}

/** A line of output of a build; `message.stream` is text as the builder wrote it. */
export interface BuildOutputEvent {
  readonly type: 'build';
  readonly service: string;
  readonly image: string;
  readonly message: ProgressMessage;
}

export interface WarningEvent {
  readonly type: 'warning';
  /** Dotted and stable: `orphans.found`, `network.foreign`, `volume.foreign`, `dependency.optional`. */
  readonly code: string;
  readonly message: string;
  /** Path in the model and place in a file, when it is about something that the user wrote. */
  readonly path?: string;
  readonly range?: SourceRange;
}

export type ControllerEvent = ResourceEvent | BuildOutputEvent | WarningEvent;

/** Which progress row an action belongs to. */
import { assertNever } from '../base/index.ts';
import type { Action } from './plan.ts';
import type { ResourceKind } from './progress.ts';

export interface Row {
  readonly id: string;
  readonly kind: ResourceKind;
  readonly name: string;
  readonly service?: string;
}

export function rowOf(action: Action): Row {
  switch (action.kind) {
    case 'createNetwork':
      return row('network', action.body.Name);
    case 'removeNetwork':
      return row('network', action.name);
    case 'createVolume':
      return row('volume', action.body.Name ?? action.volume);
    case 'removeVolume':
      return row('volume', action.name);
    case 'pullImage':
    case 'buildImage':
      return row('image', action.image, action.service);
    case 'removeImage':
      return row('image', action.image);
    case 'createContainer':
      return row('container', action.name, action.service);
    case 'waitFor':
      return row('service', action.service, action.service);
    case 'connectNetwork':
    case 'disconnectNetwork':
    case 'copyFiles':
      return row('container', action.container.name);
    case 'startContainer':
    case 'stopContainer':
    case 'killContainer':
    case 'restartContainer':
    case 'pauseContainer':
    case 'unpauseContainer':
    case 'removeContainer':
    case 'renameContainer':
    case 'runHook':
      return row('container', action.container.name, action.service);
    default:
      return assertNever(action);
  }
}

function row(kind: ResourceKind, name: string, service?: string): Row {
  return { id: `${kind} ${name}`, kind, name, ...(service !== undefined && { service }) };
}

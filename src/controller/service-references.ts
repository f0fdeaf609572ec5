/** What a service shares with containers of other services. */
import { UserError } from '../base/index.ts';
import type { Service } from '../compose/index.ts';
import { serviceOfMode } from '../graph/index.ts';
import type { ContainerHandle, ContainerReferences } from './plan.ts';

/** Ids for `service:X` and `volumes_from`; undefined when the service shares nothing. @throws UserError `container.missing` */
export function containerReferences(service: Service, find: (service: string) => ContainerHandle | undefined): ContainerReferences | undefined {
  const need = (name: string, what: string): ContainerHandle => {
    const handle = find(name);
    if (handle) return handle;
    throw new UserError(`cannot share ${what} with service ${name}: container missing`, { code: 'container.missing' });
  };
  const network = serviceOfMode(service.network_mode);
  const ipc = serviceOfMode(service.ipc);
  const pid = serviceOfMode(service.pid);
  const volumesFrom = service.volumes_from?.map((source) => {
    const [first = '', ...rest] = source.split(':');
    if (first === 'container') return rest.join(':');
    return { container: need(first, 'volume'), ...(rest[0] !== undefined && { mode: rest[0] }) };
  });
  if (network === undefined && ipc === undefined && pid === undefined && !volumesFrom) return undefined;
  return {
    ...(network !== undefined && { network: need(network, 'network namespace') }),
    ...(ipc !== undefined && { ipc: need(ipc, 'IPC namespace') }),
    ...(pid !== undefined && { pid: need(pid, 'PID namespace') }),
    ...(volumesFrom && { volumesFrom }),
  };
}

/** Services whose containers must exist under their final names before this one's can be made. */
export function referencedServices(service: Service): Set<string> {
  const modes = [service.network_mode, service.ipc, service.pid].flatMap((mode) => serviceOfMode(mode) ?? []);
  const sources = (service.volumes_from ?? []).filter((source) => !source.startsWith('container:'));
  return new Set([...modes, ...[...sources, ...(service.links ?? [])].map((entry) => entry.split(':')[0] ?? '')]);
}


import { EngineError, isEngineError, KeyedMutex, newId } from '../../base/index.ts';
import type { EndpointSettings, NetworksApi } from '../../engine-api/index.ts';
import type { RoomContext, RunningContainers } from '../parts.ts';
import { planNetwork } from './create.ts';
import type { CreateContext } from './create.ts';
import { filterNetworks, inspectNetwork, prunableNetworks } from './inspect.ts';
import type { LiveChanges } from './live-changes.ts';
import type { NetworkRecord } from './records.ts';
import type { SandboxParts } from './sandboxes.ts';

export interface ApiParts extends SandboxParts {
  readonly context: RoomContext;
  readonly changes: LiveChanges;
  readonly containers: RunningContainers;
  /** For the plan of one new network. */
  createContext(id: string): CreateContext;
}

/** The `/networks` resource. One mutex for names; the sandboxes have their own per container. */
export function networksApi(p: ApiParts): NetworksApi {
  const mutex = new KeyedMutex();
  const isUsed = (network: NetworkRecord) => p.state.endpointsOn(network.id).length > 0;
  const announce = (action: string, network: NetworkRecord) => p.events.publish('network', action, network.id, { name: network.name, type: network.driver });

  const remove = async (network: NetworkRecord): Promise<void> => {
    if (network.isBuiltIn) throw new EngineError('forbidden', `${network.name} is a pre-defined network and cannot be removed`);
    const users = p.state.endpointsOn(network.id);
    if (users.length > 0) {
      const names = users.map(({ sandbox }) => sandbox.name).join(', ');
      throw new EngineError('forbidden', `error while removing network: network ${network.name} id ${network.id} has active endpoints (${names})`);
    }
    p.state.dropNetwork(network.id);
    await p.host.remove(network, () => p.firewall.sync());
    announce('destroy', network);
  };

  return {
    list: async (filters = {}) => filterNetworks(p.state.networks(), filters, isUsed).map((network) => inspectNetwork(network, [])),

    inspect: async (reference) => {
      const network = p.state.resolve(reference);
      return inspectNetwork(network, p.state.endpointsOn(network.id));
    },

    create: (body) =>
      mutex.run('names', async () => {
        const planned = planNetwork(body, p.createContext(newId()));
        const network = p.links.exists(planned.bridge) ? { ...planned, adoptedBridge: true } : planned;
        p.state.putNetwork(network);
        try {
          p.host.ensure(network);
          await Promise.all([p.firewall.sync(), p.host.lookAround(() => p.firewall.sync(), { now: true })]);
        } catch (error) {
          p.state.dropNetwork(network.id);
          await p.host.remove(network, () => p.firewall.sync()).catch(() => {});
          throw error;
        }
        announce('create', network);
        return { Id: network.id, Warning: '' };
      }),

    connect: async (reference, body) => {
      const network = p.state.resolve(reference);
      const container = p.context.usage.resolve(body.Container);
      if (network.driver !== 'bridge') {
        throw new EngineError('forbidden', `container cannot be disconnected from ${network.name} network or connected to ${network.name} network`);
      }
      const settings: EndpointSettings = body.EndpointConfig ?? {};
      if (container.running) await connectRunning(p, container, network, settings);
      else await setConfigured(p, container.id, network, settings);
    },

    disconnect: async (reference, body) => {
      const network = p.state.resolve(reference);
      const container = findContainer(p, body.Container, body.Force ?? false, network);
      if (network.driver === 'host') throw new EngineError('forbidden', `container ${container.id} is not connected to network ${network.name}`);
      if (p.state.sandbox(container.id)) {
        await p.changes.disconnect(container.id, network);
        await p.containers.networksChanged(container.id);
      } else await setConfigured(p, container.id, network, undefined);
    },

    remove: (reference) => mutex.run('names', () => remove(p.state.resolve(reference))),

    prune: (filters = {}) =>
      mutex.run('names', async () => {
        const deleted: string[] = [];
        for (const network of prunableNetworks(p.state.networks(), filters, isUsed, new Date())) {
          try {
            await remove(network);
            deleted.push(network.name);
          } catch (error) {
            p.logger.warn('network not pruned', { network: network.name, error });
          }
        }
        return { SpaceReclaimed: 0, NetworksDeleted: deleted.length > 0 ? deleted : null };
      }),
  };
}

async function connectRunning(p: ApiParts, container: { id: string; name: string }, network: NetworkRecord, settings: EndpointSettings): Promise<void> {
  const sandbox = p.state.sandbox(container.id);
  if (!sandbox) {
    throw new EngineError('forbidden', 'container sharing network namespace with another container or host cannot be connected to any other network');
  }
  if (sandbox.request.mode === 'none') {
    throw new EngineError('forbidden', 'container cannot be connected to multiple networks with one of the networks in private (none) mode');
  }
  await p.changes.connect(container.id, network, settings);
  await p.containers.networksChanged(container.id);
}

/** A container without a namespace only has a configuration, which the containers room keeps. */
async function setConfigured(p: ApiParts, containerId: string, network: NetworkRecord, settings: EndpointSettings | undefined): Promise<void> {
  if (!p.containers.endpointConfigured) throw new EngineError('conflict', `container ${containerId} is not running`);
  await p.containers.endpointConfigured(containerId, { id: network.id, name: network.name }, settings);
}

/** With `force` a container that no longer exists can still be taken off a network. */
function findContainer(p: ApiParts, reference: string, force: boolean, network: NetworkRecord): { id: string } {
  try {
    return p.context.usage.resolve(reference);
  } catch (error) {
    if (!force || !isEngineError(error, 'notFound')) throw error;
    const stale = p.state.endpointsOn(network.id).find(({ sandbox }) => sandbox.name === reference || sandbox.containerId.startsWith(reference));
    if (!stale) throw error;
    return { id: stale.sandbox.containerId };
  }
}

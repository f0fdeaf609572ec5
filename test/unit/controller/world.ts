/** An engine as a value: observed state, and what a plan makes of it. Lets tests follow a plan without an engine. */
import { buildGraph } from '../../../src/graph/index.ts';
import type { Project } from '../../../src/compose/index.ts';
import { withReferences } from '../../../src/controller/create-request.ts';
import { NO_FILES, type LoadedFiles } from '../../../src/controller/file-objects.ts';
import { imageOf, Label } from '../../../src/controller/identity.ts';
import type { ObservedContainer, ObservedState } from '../../../src/controller/observed-state.ts';
import type { Action, ContainerHandle, Plan } from '../../../src/controller/plan.ts';
import { planDown, type DownOptions } from '../../../src/controller/plan-down.ts';
import { planUp, type UpOptions } from '../../../src/controller/plan-up.ts';

export const NOW_MS = Date.parse('2026-01-02T03:04:05Z');

/** An engine that has the images of a project and nothing else. */
export function emptyWorld(project: Project, images: Readonly<Record<string, string>> = {}): ObservedState {
  const references = Object.values(project.services).map((service) => imageOf(project.name, service));
  const known = Object.fromEntries(references.map((reference) => [reference, image(images[reference] ?? `sha256:${reference}`)]));
  return { project: project.name, apiVersion: '1.44', containers: [], networks: [{ id: 'n-host', name: 'host', labels: {} }], volumes: [], images: known };
}

export function image(id: string): ObservedState['images'][string] {
  return { id, volumes: [], platform: 'linux/amd64', lastTagged: '2026-01-01T00:00:00Z' };
}

export function upPlan(project: Project, observed: ObservedState, options: UpOptions = {}, files: LoadedFiles = NO_FILES): Plan {
  return planUp({ project, graph: buildGraph(project), observed, files, options, nowMs: NOW_MS });
}

export function downPlan(project: Project, observed: ObservedState, options: DownOptions = {}): Plan {
  return planDown({ name: project.name, project, graph: buildGraph(project), observed, options });
}

/** The world after the plan was carried out in full, or up to and without step `until`. */
export function follow(world: ObservedState, plan: Plan, project: Project, until = Number.POSITIVE_INFINITY): ObservedState {
  const ids = new Map<number, string>();
  let state = world;
  for (const step of plan.steps) {
    for (const before of step.after) if (before >= step.id) throw new Error(`step #${step.id} comes before #${before}, which it waits for`);
    if (step.id >= until) break;
    state = apply(state, step.action, step.id, ids, project);
  }
  return state;
}

let serial = 0; // ids differ between containers of one test run, as in an engine

function apply(state: ObservedState, action: Action, step: number, ids: Map<number, string>, project: Project): ObservedState {
  const idOf = (handle: ContainerHandle): string => ('id' in handle ? handle.id : (ids.get(handle.createdBy) ?? ''));
  const change = (handle: ContainerHandle, values: Partial<ObservedContainer>): ObservedState => {
    if (!state.containers.some((c) => c.id === idOf(handle))) throw new Error(`step #${step}: no container ${handle.name}`);
    return { ...state, containers: state.containers.map((c) => (c.id === idOf(handle) ? { ...c, ...values } : c)) };
  };
  switch (action.kind) {
    case 'createNetwork':
      return { ...state, networks: [...state.networks, { id: `n${serial++}`, name: action.body.Name, labels: action.body.Labels ?? {} }] };
    case 'removeNetwork': {
      const users = state.containers.filter((c) => c.networks[action.name]);
      if (users.length > 0) throw new Error(`step #${step}: network ${action.name} has ${users.map((c) => c.name).join(', ')}`);
      return { ...state, networks: state.networks.filter((n) => n.id !== action.id) };
    }
    case 'createVolume':
      return { ...state, volumes: [...state.volumes, { name: action.body.Name ?? '', driver: 'local', labels: action.body.Labels ?? {} }] };
    case 'removeVolume':
      return { ...state, volumes: state.volumes.filter((v) => v.name !== action.name) };
    case 'createContainer': {
      const name = action.temporaryName ?? action.name;
      if (state.containers.some((c) => c.name === name)) throw new Error(`step #${step}: name ${name} is in use`);
      const id = (serial++).toString(16).padStart(64, '0');
      ids.set(step, id);
      return { ...state, containers: [...state.containers, created(state, action, id, name, project, idOf)] };
    }
    case 'startContainer':
      return change(action.container, { state: 'running', status: 'Up', health: 'healthy' });
    case 'stopContainer':
    case 'killContainer':
      return change(action.container, { state: 'exited', exitCode: 137, health: 'none' });
    case 'removeContainer': {
      const found = state.containers.find((c) => c.id === idOf(action.container));
      if (!found) throw new Error(`step #${step}: no container ${action.container.name}`);
      if (found.state === 'running' && !action.force) throw new Error(`step #${step}: ${found.name} runs`);
      return { ...state, containers: state.containers.filter((c) => c !== found) };
    }
    case 'renameContainer': {
      if (state.containers.some((c) => c.name === action.to)) throw new Error(`step #${step}: name ${action.to} is in use`);
      return change(action.container, { name: action.to });
    }
    case 'unpauseContainer':
    case 'restartContainer':
      return change(action.container, { state: 'running' });
    case 'disconnectNetwork': {
      const found = state.containers.find((c) => c.id === idOf(action.container));
      return change(action.container, { networks: Object.fromEntries(Object.entries(found?.networks ?? {}).filter(([name]) => name !== action.name)) });
    }
    case 'connectNetwork': {
      const found = state.containers.find((c) => c.id === idOf(action.container));
      const network = state.networks.find((n) => n.name === action.network);
      return change(action.container, { networks: { ...found?.networks, [action.network]: { NetworkID: network?.id ?? '' } } });
    }
    case 'waitFor':
      if (action.condition !== 'service_completed_successfully') return state;
      return action.containers.reduce((s, handle) => ({ ...s, containers: s.containers.map((c) => (c.id === idOf(handle) ? { ...c, state: 'exited' as const, exitCode: 0 } : c)) }), state);
    default:
      return state;
  }
}

function created(state: ObservedState, action: Extract<Action, { kind: 'createContainer' }>, id: string, name: string, project: Project, idOf: (handle: ContainerHandle) => string): ObservedContainer {
  const service = project.services[action.service];
  const body = action.references && service ? withReferences(action.body, service, action.references, idOf) : action.body;
  const endpoints = Object.keys(body.NetworkingConfig?.EndpointsConfig ?? {}).map((network): [string, { NetworkID: string }] => {
    const found = state.networks.find((n) => n.name === network);
    if (!found) throw new Error(`no network ${network}`);
    return [network, { NetworkID: found.id }];
  });
  const labels = body.Labels ?? {};
  return {
    id,
    name,
    service: labels[Label.service] ?? '',
    number: Number(labels[Label.containerNumber]),
    oneOff: labels[Label.oneOff] === 'True',
    state: 'created',
    health: 'none',
    exitCode: undefined,
    status: 'Created',
    image: body.Image ?? '',
    imageId: state.images[body.Image ?? '']?.id ?? '',
    command: '',
    createdAt: serial,
    labels,
    networkMode: body.HostConfig?.NetworkMode ?? '',
    networks: Object.fromEntries(endpoints),
    mounts: (body.HostConfig?.Mounts ?? []).map((m) => ({ Type: m.Type, Source: m.Source ?? '', ...(m.Type === 'volume' && { Name: m.Source ?? `anonymous-${id}` }), Destination: m.Target, Mode: '', RW: !m.ReadOnly, Propagation: '' })),
    ports: Object.entries(body.HostConfig?.PortBindings ?? {}).flatMap(([key, bindings]) => (bindings ?? []).map((b) => ({ PrivatePort: Number.parseInt(key, 10), Type: key.split('/')[1] ?? 'tcp', ...(b.HostPort && { PublicPort: Number.parseInt(b.HostPort, 10) }) }))),
    replaces: labels[Label.replace],
  };
}

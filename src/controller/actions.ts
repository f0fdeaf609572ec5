/** One function per kind of action. Each is one engine call, tells what it does, and decides nothing. */
import { EngineError, isEngineError, UserError } from '../base/index.ts';
import { callOptions } from './context.ts';
import { withReferences } from './create-request.ts';
import type { EventHub } from './event-hub.ts';
import type { ExecuteContext } from './execute.ts';
import { copyFiles } from './copy-files.ts';
import { runHook } from './hooks.ts';
import type { Action, ActionOf, ContainerHandle } from './plan.ts';
import type { ProgressState, ResourceEvent } from './progress.ts';
import { waitFor } from './wait-for.ts';

export interface ActionContext extends ExecuteContext {
  readonly hub: EventHub;
  /** The id of a container that exists or that a finished step made. */
  readonly idOf: (handle: ContainerHandle) => string;
  /** Notes the id of the container that this step made. */
  readonly created: (id: string) => void;
  /** Since the plan began. */
  readonly elapsedMs: () => number;
  /** Updates the action's own row. */
  readonly tell: (state: ProgressState, text: string, reason?: string) => void;
  readonly tellRow: (event: ResourceEvent) => void;
}

type Executors = { readonly [K in Action['kind']]: (action: ActionOf<K>, context: ActionContext) => Promise<void> };

export const executors: Executors = {
  async createNetwork({ body }, c) {
    c.tell('working', 'Creating');
    await c.engine.networks.create(body, callOptions(c));
    c.tell('done', 'Created');
  },

  async removeNetwork({ id }, c) {
    c.tell('working', 'Removing');
    try {
      await c.engine.networks.remove(id, callOptions(c));
      c.tell('done', 'Removed');
    } catch (error) {
      tellIfGoneOrInUse(error, c);
    }
  },

  async disconnectNetwork({ id, container }, c) {
    await unlessGone(c.engine.networks.disconnect(id, { Container: c.idOf(container), Force: true }, callOptions(c)));
  },

  async connectNetwork({ network, container, endpoint }, c) {
    await c.engine.networks.connect(network, { Container: c.idOf(container), EndpointConfig: endpoint }, callOptions(c));
  },

  async createVolume({ body }, c) {
    c.tell('working', 'Creating');
    await c.engine.volumes.create(body, callOptions(c));
    c.tell('done', 'Created');
  },

  async removeVolume({ name }, c) {
    c.tell('working', 'Removing');
    try {
      await c.engine.volumes.remove(name, { force: true }, callOptions(c));
      c.tell('done', 'Removed');
    } catch (error) {
      tellIfGoneOrInUse(error, c);
    }
  },

  async pullImage(action, c) {
    await imagesOf(c).pull(action);
  },

  async buildImage(action, c) {
    await imagesOf(c).build(action);
  },

  async removeImage({ image }, c) {
    c.tell('working', 'Removing');
    try {
      await c.engine.images.remove(image, {}, callOptions(c));
      c.tell('done', 'Removed');
    } catch (error) {
      tellIfGoneOrInUse(error, c);
    }
  },

  async createContainer(action, c) {
    const { service, name, temporaryName, platform, references } = action;
    c.tell('working', 'Creating');
    const model = c.project?.services[service];
    const body = references && model ? withReferences(action.body, model, references, c.idOf) : action.body;
    const query = { name: temporaryName ?? name, ...(platform !== undefined && { platform }) };
    const { Id, Warnings } = await c.engine.containers.create(body, query, callOptions(c));
    c.created(Id);
    for (const message of Warnings ?? []) c.onEvent?.({ type: 'warning', code: 'engine.warning', message: `${service}: ${message}` });
    c.tell('done', 'Created');
  },

  async copyFiles({ container, files }, c) {
    c.tell('working', 'Creating');
    await copyFiles(c.engine, c.idOf(container), files, callOptions(c));
    c.tell('done', 'Created');
  },

  async startContainer({ container }, c) {
    c.tell('working', 'Starting');
    await c.engine.containers.start(c.idOf(container), {}, callOptions(c));
    c.tell('done', 'Started');
  },

  async stopContainer({ container, timeoutSeconds }, c) {
    c.tell('working', 'Stopping');
    const query = timeoutSeconds === undefined ? {} : { t: timeoutSeconds };
    await unlessGone(c.engine.containers.stop(c.idOf(container), query, callOptions(c)));
    c.tell('done', 'Stopped');
  },

  async killContainer({ container, signal }, c) {
    c.tell('working', 'Killing');
    await unlessStopped(c.engine.containers.kill(c.idOf(container), { signal }, callOptions(c)));
    c.tell('done', 'Killed');
  },

  async restartContainer({ container, timeoutSeconds }, c) {
    c.tell('working', 'Restarting');
    await c.engine.containers.restart(c.idOf(container), timeoutSeconds === undefined ? {} : { t: timeoutSeconds }, callOptions(c));
    c.tell('done', 'Started');
  },

  async pauseContainer({ container }, c) {
    c.tell('working', 'Pausing');
    await c.engine.containers.pause(c.idOf(container), callOptions(c));
    c.tell('done', 'Paused');
  },

  async unpauseContainer({ container }, c) {
    c.tell('working', 'Unpausing');
    await c.engine.containers.unpause(c.idOf(container), callOptions(c));
    c.tell('done', 'Unpaused');
  },

  async removeContainer({ container, volumes, force }, c) {
    c.tell('working', 'Removing');
    try {
      await c.engine.containers.remove(c.idOf(container), { v: volumes, force }, callOptions(c));
    } catch (error) {
      // Someone else removes it, or has: what was wanted comes true.
      const isBeingRemoved = isEngineError(error, 'conflict') && /removal of container .* is already in progress/.test(error.message);
      if (!isEngineError(error, 'notFound') && !isBeingRemoved) throw error;
    }
    c.tell('done', 'Removed');
  },

  async renameContainer({ container, to }, c) {
    c.tell('working', 'Renaming');
    await c.engine.containers.rename(c.idOf(container), to, callOptions(c));
    c.tell('done', 'Renamed');
  },

  async runHook({ service, container, hook, phase }, c) {
    await runHook(c, { service, name: container.name, id: c.idOf(container), hook, phase });
    c.tell('done', phase === 'post_start' ? 'Started' : 'Stopping');
  },

  async waitFor(action, c) {
    const containers = action.containers.map((handle) => ({ id: c.idOf(handle), name: handle.name }));
    const { service, condition, timeoutMs } = action;
    const left = timeoutMs === undefined ? {} : { timeoutMs: Math.max(1, Math.round(timeoutMs - c.elapsedMs())) };
    const request = { service, containers, condition, for: action.for, ...left };
    try {
      await waitFor(request, c, ({ name }, state, text, reason) => {
        c.tellRow({ type: 'resource', id: `container ${name}`, kind: 'container', name, service, state, text, ...(reason !== undefined && { reason }) });
      });
    } catch (error) {
      if (isWaitTimeout(error)) throw new UserError(`application not healthy after ${(timeoutMs ?? 0) / 1000}s: ${error.message}`, { code: 'wait.timeout' });
      for (const { name } of containers) c.tellRow({ type: 'resource', id: `container ${name}`, kind: 'container', name, service, state: 'error', text: 'Error' });
      throw error;
    }
  },
};

function isWaitTimeout(error: unknown): error is UserError {
  return error instanceof UserError && error.code === 'wait.timeout';
}

function imagesOf(c: ActionContext): NonNullable<ExecuteContext['images']> {
  if (c.images) return c.images;
  throw new UserError('this plan pulls or builds images, and was executed without the means to', { code: 'execute.images' });
}

async function unlessGone(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!isEngineError(error, 'notFound', 'notModified')) throw error;
  }
}

async function unlessStopped(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    const stopped = isEngineError(error, 'conflict') && /is not running/.test(error.message);
    if (!stopped && !isEngineError(error, 'notFound')) throw error;
  }
}

/** What a teardown cannot remove because others use it stays, with a warning; what is gone is done. */
function tellIfGoneOrInUse(error: unknown, c: ActionContext): void {
  if (isEngineError(error, 'notFound')) return c.tell('done', 'Removed', 'No resource found to remove');
  const inUse = error instanceof EngineError && (error.kind === 'conflict' || (error.kind === 'forbidden' && /active endpoints/.test(error.message)));
  if (!inUse) throw error;
  c.tell('warning', 'Resource is still in use', error.message);
}

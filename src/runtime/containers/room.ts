import { EngineError } from '../../base/index.ts';
import type { ContainersApi, ExecApi } from '../../engine-api/index.ts';
import { archiveApi } from './archive/index.ts';
import { attachContainer } from './attach.ts';
import { containerLogs } from './container-logs.ts';
import type { Container } from './container.ts';
import type { Containers } from './context.ts';
import { createContainer } from './create.ts';
import { createExec, type ExecSession, type ExecSessions, inspectExec, resizeExec, startExec } from './exec.ts';
import { inspectContainer } from './inspect.ts';
import { killContainer, pauseContainer, restartContainer, startContainer, stopContainer, unpauseContainer } from './lifecycle.ts';
import { listContainers } from './list.ts';
import { pruneContainers } from './prune.ts';
import { removeContainer } from './remove.ts';
import { renameContainer, updateContainer } from './change.ts';
import { resizeTerminal } from '../host/conmon.ts';
import { hasProcess } from './record.ts';
import { containerStats } from './stats.ts';
import { topContainer } from './top.ts';
import { waitContainer } from './wait.ts';

/** The containers of one engine behind the API's own interface. */
export function containersApi(room: Containers): ContainersApi {
  const find = (reference: string): Container => room.registry.find(reference);
  return {
    list: (query) => listContainers(room, query),
    create: (body, query) => createContainer(room, body, query),
    inspect: async (c, query) => inspectContainer(room, find(c), query?.size ?? false),
    start: async (c) => startContainer(room, find(c)),
    stop: async (c, query) => stopContainer(room, find(c), query),
    restart: async (c, query) => restartContainer(room, find(c), query),
    kill: async (c, query) => killContainer(room, find(c), query),
    pause: async (c) => pauseContainer(room, find(c)),
    unpause: async (c) => unpauseContainer(room, find(c)),
    wait: async (c, query, o) => waitContainer(room, find(c), query?.condition, o?.signal),
    attach: async (c, query, o) => attachContainer(room, find(c), query, o?.signal),
    resize: async (c, { h, w }) => {
      const container = find(c);
      if (!hasProcess(container.state)) throw new EngineError('conflict', `cannot resize a stopped container: container ${container.id} is not running`);
      resizeTerminal(room.ctx.layout.bundle(container.id), h, w);
    },
    logs: async (c, query, o) => {
      const container = find(c);
      return { output: containerLogs(room, container, query, o?.signal), tty: container.record.config.Tty ?? false };
    },
    top: async (c, query) => topContainer(room, find(c), query?.ps_args),
    stats: async (c, query, o) => containerStats(room, find(c), query, o?.signal),
    ...archiveApi(room),
    rename: async (c, name) => renameContainer(room, find(c), name),
    update: async (c, body) => updateContainer(room, find(c), body),
    remove: async (c, query) => removeContainer(room, find(c), query),
    prune: (filters) => pruneContainers(room, filters),
  };
}

export function execApi(room: Containers, sessions: ExecSessions): ExecApi {
  const find = (id: string): ExecSession => {
    const session = sessions.get(id) ?? [...sessions.values()].find((candidate) => id !== '' && candidate.id.startsWith(id));
    if (!session) throw new EngineError('notFound', `No such exec instance: ${id}`);
    return session;
  };
  return {
    create: async (c, body) => createExec(room, sessions, room.registry.find(c), body),
    start: async (id, body) => startExec(room, find(id), { attach: true, ...(body.ConsoleSize && { consoleSize: body.ConsoleSize }) }),
    startDetached: async (id) => {
      await startExec(room, find(id), { attach: false });
    },
    resize: async (id, size) => resizeExec(room, find(id), size),
    inspect: async (id) => inspectExec(room, find(id)),
  };
}

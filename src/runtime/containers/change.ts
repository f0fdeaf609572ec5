import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError } from '../../base/index.ts';
import type { UpdateRequest } from '../../engine-api/index.ts';
import { updateResources } from '../host/oci-runtime.ts';
import { runtimeOf } from '../host/tools.ts';
import type { Container } from './container.ts';
import { announce, type Containers } from './context.ts';
import { nameConflict } from './create.ts';
import { checkName } from './names.ts';
import type { OciResources } from './oci.ts';
import { hasProcess } from './record.ts';
import { mergeResources, ociResources } from './spec-resources.ts';
import { validateResources, validateRestartPolicy } from './validate.ts';

/** @throws EngineError invalid, conflict */
export async function renameContainer(room: Containers, container: Container, to: string): Promise<void> {
  if (to === '') throw new EngineError('invalid', 'Neither old nor new names may be empty');
  const name = checkName(to);
  await room.locks.run('names', () =>
    room.locks.run(container.id, async () => {
      requirePresent(room, container);
      const from = container.name;
      if (name === from) throw new EngineError('invalid', 'Renaming a container with the same name as its current name');
      const holder = room.registry.holderOf(name)?.id ?? room.reservedNames.get(name);
      if (holder !== undefined) throw nameConflict(name, holder);
      const record = { ...container.record, name };
      room.reservedNames.set(name, container.id);
      try {
        await room.store.saveRecord(record);
        container.record = record;
        room.registry.renamed(container, from);
      } finally {
        room.reservedNames.delete(name);
      }
      if (hasProcess(container.state)) await room.networks.rename(container.id, name);
      announce(room, container, 'rename', { oldName: `/${from}` });
    }),
  );
}

function requirePresent(room: Containers, container: Container): void {
  if (room.registry.get(container.id) === container) return;
  throw new EngineError('notFound', `No such container: ${container.id}`); // it was removed while we waited for its lock
}

/** Changes limits and the restart policy, also of a running container. @throws EngineError invalid, conflict */
export async function updateContainer(room: Containers, container: Container, body: UpdateRequest): Promise<{ Warnings: string[] }> {
  const { RestartPolicy, ...resources } = body;
  await room.locks.run(container.id, async () => {
    if (container.state.status === 'removing') throw new EngineError('conflict', 'container is marked for removal and cannot be "update"');
    const { hostConfig } = container.record;
    const merged = mergeResources(hostConfig, resources);
    validateResources(merged);
    if (RestartPolicy?.Name) validateRestartPolicy(RestartPolicy, hostConfig.AutoRemove ?? false);
    const next = { ...merged, ...(RestartPolicy?.Name && { RestartPolicy }) };
    const limits = ociResources(next, room.tools.support);
    if (hasProcess(container.state) && Object.keys(limits).length > 0) await applyLimits(room, container, limits);
    const record = { ...container.record, hostConfig: next };
    await room.store.saveRecord(record);
    container.record = record;
    announce(room, container, 'update');
  });
  return { Warnings: [] };
}

async function applyLimits(room: Containers, container: Container, limits: OciResources): Promise<void> {
  const file = join(room.ctx.layout.bundle(container.id), 'update.json');
  writeFileSync(file, JSON.stringify(limits), { mode: 0o600 });
  try {
    await updateResources(runtimeOf(room.tools, container.id), container.id, file);
  } finally {
    rmSync(file, { force: true });
  }
}

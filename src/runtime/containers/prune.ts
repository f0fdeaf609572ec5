import { EngineError, errorMessage, isEngineError, parseDurationNs } from '../../base/index.ts';
import type { Filters, PruneReport } from '../../engine-api/index.ts';
import { hasLabel } from '../events/event-filter.ts';
import type { Containers } from './context.ts';
import { isRunning } from './record.ts';
import { removeContainer } from './remove.ts';

/** Removes all containers that do not run. @param filters  `until`, `label`, `label!` @throws EngineError invalid */
export async function pruneContainers(room: Containers, filters: Filters = {}): Promise<PruneReport> {
  for (const key of Object.keys(filters)) {
    if (!['until', 'label', 'label!'].includes(key)) throw new EngineError('invalid', `invalid filter '${key}'`);
  }
  const untilMs = filters['until']?.[0] === undefined ? undefined : parseUntil(filters['until'][0]);
  const ContainersDeleted: string[] = [];
  let SpaceReclaimed = 0;
  for (const container of room.registry.all()) {
    const labels = container.record.config.Labels ?? {};
    if (isRunning(container.state) || container.state.status === 'removing') continue;
    if (untilMs !== undefined && Date.parse(container.record.createdAt) >= untilMs) continue;
    if (!(filters['label'] ?? []).every((label) => hasLabel(labels, label))) continue;
    if ((filters['label!'] ?? []).some((label) => hasLabel(labels, label))) continue;
    try {
      const size = await room.images.snapshots.usage(container.id);
      await removeContainer(room, container);
      SpaceReclaimed += size;
      ContainersDeleted.push(container.id);
    } catch (error) {
      if (isEngineError(error, 'conflict')) continue; // it was started meanwhile, or somebody else removes it
      room.ctx.logger.warn('cannot prune', { container: container.id, reason: errorMessage(error) });
    }
  }
  return { ContainersDeleted, SpaceReclaimed };
}

/** A time, unix seconds, or a duration before now. */
function parseUntil(text: string): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  const ago = parseDurationNs(text);
  if (ago !== undefined) return Date.now() - ago / 1e6;
  const at = Date.parse(text);
  if (Number.isNaN(at)) throw new EngineError('invalid', `failed to parse value for filter 'until': ${text}`);
  return at;
}

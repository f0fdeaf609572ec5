import type { ContainerConfig, HealthConfig } from '../../engine-api/index.ts';

/**
 * The configuration of a container: what was asked for, completed by the image's.
 * @see moby's rules: an own entrypoint drops the image's command; environment, labels, ports and volumes are joined, the request wins
 */
export function mergeImageConfig(request: ContainerConfig, image: ContainerConfig | undefined): ContainerConfig {
  const entrypoint = normalizeEntrypoint(request.Entrypoint);
  const base: ContainerConfig = { ...request, ...(entrypoint !== undefined && { Entrypoint: entrypoint }) };
  if (!image) return base;
  const healthcheck = mergeHealth(request.Healthcheck, image.Healthcheck);
  return {
    ...base,
    ...mergeCommand(base, image),
    User: request.User || image.User || '',
    Env: mergeEnv(request.Env ?? [], image.Env ?? []),
    Labels: { ...image.Labels, ...request.Labels },
    WorkingDir: request.WorkingDir || image.WorkingDir || '',
    ...((request.ExposedPorts ?? image.ExposedPorts) && { ExposedPorts: { ...image.ExposedPorts, ...request.ExposedPorts } }),
    Volumes: request.Volumes || image.Volumes ? { ...image.Volumes, ...request.Volumes } : null,
    ...((request.StopSignal || image.StopSignal) && { StopSignal: request.StopSignal || image.StopSignal || '' }),
    ...(healthcheck && { Healthcheck: healthcheck }),
    ...((request.Shell ?? image.Shell) && { Shell: request.Shell ?? image.Shell ?? [] }),
    OnBuild: image.OnBuild ?? null,
  };
}

/** `[""]` means "no entrypoint": how clients reset it. */
function normalizeEntrypoint(entrypoint: string[] | null | undefined): string[] | null | undefined {
  return entrypoint?.length === 1 && entrypoint[0] === '' ? [] : entrypoint;
}

function mergeCommand(request: ContainerConfig, image: ContainerConfig): Pick<ContainerConfig, 'Cmd' | 'Entrypoint'> {
  if (request.Entrypoint !== null && request.Entrypoint !== undefined) {
    return { Entrypoint: request.Entrypoint, Cmd: request.Cmd ?? null };
  }
  const cmd = request.Cmd?.length ? request.Cmd : (image.Cmd ?? null);
  return { Entrypoint: image.Entrypoint ?? null, Cmd: cmd };
}

function mergeEnv(own: readonly string[], image: readonly string[]): string[] {
  const name = (entry: string): string => entry.split('=', 1)[0] ?? '';
  const names = new Set(own.map(name));
  return [...own, ...image.filter((entry) => !names.has(name(entry)))];
}

function mergeHealth(own: HealthConfig | undefined, image: HealthConfig | undefined): HealthConfig | undefined {
  if (!own || !image) return own ?? image;
  const merged: HealthConfig = { ...image };
  for (const [key, value] of Object.entries(own)) {
    if (Array.isArray(value) ? value.length > 0 : value) Object.assign(merged, { [key]: value });
  }
  return merged;
}

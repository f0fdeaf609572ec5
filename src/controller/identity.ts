/**
 * Names and labels of everything a project makes, exactly as docker compose gives them, so that either tool can go on with what
 * the other one made.
 */
import { randomBytes } from 'node:crypto';
import type { Network, Project, Service, Volume } from '../compose/index.ts';

export const Label = {
  project: 'com.docker.compose.project',
  service: 'com.docker.compose.service',
  configHash: 'com.docker.compose.config-hash',
  containerNumber: 'com.docker.compose.container-number',
  volume: 'com.docker.compose.volume',
  network: 'com.docker.compose.network',
  workingDir: 'com.docker.compose.project.working_dir',
  configFiles: 'com.docker.compose.project.config_files',
  environmentFile: 'com.docker.compose.project.environment_file',
  oneOff: 'com.docker.compose.oneoff',
  slug: 'com.docker.compose.slug',
  image: 'com.docker.compose.image',
  imageBuilder: 'com.docker.compose.image.builder',
  dependsOn: 'com.docker.compose.depends_on',
  version: 'com.docker.compose.version',
  replace: 'com.docker.compose.replace',
  /** Ours: digest of the configs and secrets of the service. Absent on what docker compose made, and then not compared. */
  contentHash: 'dev.tscompose.content-hash',
  /** Ours: digest of a network's or volume's definition. Absent on what docker compose made, and then not compared. */
  definitionHash: 'dev.tscompose.definition-hash',
} as const;

/** The release whose labels, names and config hashes we follow; written to `com.docker.compose.version`. */
export const COMPOSE_VERSION = '2.26.1';

/** `demo-web-1`, or the service's `container_name`. */
export function containerName(project: string, service: Service, number: number): string {
  return service.container_name ?? `${project}-${service.name}-${number}`;
}

/** A new one-off container's slug (64 hexadecimal digits) and its name `demo-web-run-<12 digits>`. */
export function oneOffIdentity(project: string, service: string): { slug: string; name: string } {
  const slug = randomBytes(32).toString('hex');
  return { slug, name: `${project}-${service}-run-${slug.slice(0, 12)}` };
}

/** The name under which a replacement lives until the old container is gone. */
export function replacementName(replacedId: string, name: string): string {
  return `${replacedId.slice(0, 12)}_${name}`;
}

/** The image a service runs: its `image`, or the name that its build result gets. */
export function imageOf(project: string, service: Service): string {
  return service.image ?? `${project}-${service.name}`;
}

/** How many containers a service shall have. @param override  `--scale` */
export function scaleOf(service: Service, override?: number): number {
  return override ?? service.scale ?? service.deploy?.replicas ?? 1;
}

/** Labels of a container, except the config hash and what the image and a replacement add. */
export function containerLabels(project: Project, service: Service, number: number): Record<string, string> {
  const envFiles = project.environmentFiles.filter((file) => file !== `${project.directory}/.env`);
  return {
    ...service.labels,
    [Label.project]: project.name,
    [Label.service]: service.name,
    [Label.version]: COMPOSE_VERSION,
    [Label.oneOff]: 'False',
    [Label.configFiles]: project.files.join(','),
    [Label.workingDir]: project.directory,
    ...(envFiles.length > 0 && { [Label.environmentFile]: envFiles.join(',') }),
    [Label.containerNumber]: String(number),
    [Label.dependsOn]: dependsOnLabel(service),
  };
}

/** `db:service_healthy:true,cache:service_started:false`: lets `down` and `start` keep the order without the file. */
export function dependsOnLabel(service: Service): string {
  return Object.entries(service.depends_on ?? {})
    .map(([name, on]) => `${name}:${on.condition}:${on.restart ?? false}`)
    .sort()
    .join(',');
}

export function networkLabels(project: string, key: string, network: Network): Record<string, string> {
  return { ...network.labels, [Label.network]: key, [Label.project]: project, [Label.version]: COMPOSE_VERSION };
}

export function volumeLabels(project: string, key: string, volume: Volume): Record<string, string> {
  return { ...volume.labels, [Label.volume]: key, [Label.project]: project, [Label.version]: COMPOSE_VERSION };
}

/** Labels of a built image, on top of `build.labels`. */
export function imageLabels(project: string, service: string): Record<string, string> {
  return { [Label.project]: project, [Label.service]: service, [Label.version]: COMPOSE_VERSION };
}

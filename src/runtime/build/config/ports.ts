import { DockerfileMistake } from '../dockerfile/index.ts';

const PROTOCOLS = new Set(['tcp', 'udp', 'sctp']);

/**
 * One word of EXPOSE: `80`, `80/udp`, `5000-5002/tcp`; an address or host port in front is accepted and dropped, as dockerd does.
 * @returns keys of ExposedPorts, `80/tcp`
 * @throws DockerfileMistake
 */
export function parseExposedPort(text: string): string[] {
  const slash = text.lastIndexOf('/');
  const protocol = (slash < 0 ? 'tcp' : text.slice(slash + 1)).toLowerCase();
  const spec = slash < 0 ? text : text.slice(0, slash);
  if (!PROTOCOLS.has(protocol)) throw new DockerfileMistake(`invalid proto: ${text.slice(slash + 1)}`);
  const range = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(spec.slice(spec.lastIndexOf(':') + 1));
  const first = Number(range?.[1]);
  const last = Number(range?.[2] ?? range?.[1]);
  if (!range || first > last || last > 65535) throw new DockerfileMistake(`invalid containerPort: ${spec}`);
  return Array.from({ length: last - first + 1 }, (_, i) => `${first + i}/${protocol}`);
}

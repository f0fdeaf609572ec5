/** Published ports. */
import type { PortMapping, Project, Service } from '../../compose/index.ts';
import { type Rule, type RuleContext, allServices } from '../rule.ts';

interface Published {
  readonly service: Service;
  readonly index: number;
  readonly port: PortMapping;
  readonly first: number;
  readonly last: number;
}

function publishedPorts(services: readonly Service[]): Published[] {
  return services.flatMap((service) =>
    (service.ports ?? []).flatMap((port, index): Published[] => {
      const match = /^(\d+)(?:-(\d+))?$/.exec(port.published ?? '');
      if (!match || service.network_mode === 'host') return [];
      const first = Number(match[1]);
      return first === 0 ? [] : [{ service, index, port, first, last: Number(match[2] ?? first) }];
    }),
  );
}

const ANY = new Set(['', '0.0.0.0', '::', '[::]']);

/** Can both be bound at once? An address that means "all" takes every other one of its family. */
function sameAddress(a: PortMapping, b: PortMapping): boolean {
  const [x, y] = [a.host_ip ?? '', b.host_ip ?? ''];
  if (x === y || x === '' || y === '') return true;
  return x.includes(':') === y.includes(':') && (ANY.has(x) || ANY.has(y));
}

/** Services of different profiles are alternatives: nobody says that they run together. */
function mayRunTogether(a: Service, b: Service): boolean {
  const [x, y] = [a.profiles ?? [], b.profiles ?? []];
  return a === b || x.length === 0 || y.length === 0 || x.some((profile) => y.includes(profile));
}

const pathOf = ({ service, index }: Published) => ['services', service.name, 'ports', index] as const;

function checkClash(context: RuleContext, project: Project): void {
  const byPort = new Map<string, Published[]>();
  for (const one of publishedPorts(allServices(project))) {
    if (one.first !== one.last) continue; // of a range a free one is taken
    const key = `${one.first}/${one.port.protocol}`;
    const others = byPort.get(key) ?? [];
    const clash = others.find((other) => sameAddress(one.port, other.port) && mayRunTogether(one.service, other.service));
    if (clash) {
      const who = clash.service === one.service ? 'twice by' : `by "${clash.service.name}" and`;
      context.report(`port ${key} of the host is published ${who} "${one.service.name}"`, {
        path: pathOf(one),
        related: [{ message: 'published first here', path: pathOf(clash) }],
        hint: 'give one of them another port, or bind them to different addresses',
      });
    }
    byPort.set(key, [...others, one]);
  }
}

function checkScale(context: RuleContext, project: Project): void {
  for (const one of publishedPorts(allServices(project))) {
    const { service, first, last } = one;
    const replicas = service.scale ?? service.deploy?.replicas ?? 1;
    if (replicas <= last - first + 1) continue;
    context.report(`service "${service.name}" runs ${replicas} containers, but publishes only port ${one.port.published} of the host`, {
      path: pathOf(one),
      hint: `publish a range such as "${first}-${first + replicas - 1}:${one.port.target}", or leave the host's port out`,
    });
  }
}

function checkInterfaces(context: RuleContext, project: Project): void {
  for (const one of publishedPorts(allServices(project))) {
    if (one.port.host_ip) continue;
    const { published, target } = one.port;
    context.report(`port ${published} is published on every interface of the host`, {
      path: pathOf(one),
      hint: `"127.0.0.1:${published}:${target}" is reachable from this machine only`,
    });
  }
}

function checkHostNetwork(context: RuleContext, project: Project): void {
  for (const service of allServices(project)) {
    if (service.network_mode !== 'host' || !service.ports?.length) continue;
    context.report(`service "${service.name}" uses the host's network, so "ports" has no effect`, { path: ['services', service.name, 'ports'], hint: 'remove "ports", or network_mode: host' });
  }
}

export const portRules: readonly Rule[] = [
  {
    id: 'port.clash',
    level: 'error',
    summary: 'two services publish the same port of the host',
    why: 'The second container cannot start. Services whose profiles never meet are not compared, nor are ranges, of which a free port is taken.',
    project: checkClash,
  },
  {
    id: 'port.scale',
    level: 'error',
    summary: 'several containers share one published port',
    why: 'A port of the host belongs to one container. Publish a range, or let the engine choose.',
    project: checkScale,
  },
  {
    id: 'port.interfaces',
    level: 'info',
    summary: 'a port is published on every interface',
    why: 'Without an address a port is reachable from every network that the host is in, past many firewalls. Name 127.0.0.1 for what only this machine needs.',
    project: checkInterfaces,
  },
  {
    id: 'port.hostNetwork',
    level: 'warning',
    summary: 'ports are published although the service uses the network of the host',
    why: 'With network_mode: host the container has the ports of the host already; "ports" is ignored.',
    project: checkHostNetwork,
  },
];

import { readTextIfExists } from '../../base/index.ts';
import { externalServers, hostsFile, parseResolvConf, resolvConf } from './etc-files.ts';
import { gatewayEndpoint } from './gateway.ts';
import { hostHasIPv6, readHostResolv } from './host-settings.ts';
import type { SandboxRecord } from './records.ts';
import type { NetworkState } from './state.ts';
import type { SandboxRequest } from '../parts.ts';

/** Renders /etc/hosts and /etc/resolv.conf from records and from the host's files. */
export class EtcFiles {
  readonly #state: NetworkState;
  readonly #hostResolvFile: string;
  #ipv6: { value: boolean; until: number } | undefined;

  constructor(state: NetworkState, hostResolvFile = '/etc/resolv.conf') {
    this.#state = state;
    this.#hostResolvFile = hostResolvFile;
  }

  /** Whether a container on the default bridge could reach no server of its own. */
  needsEmbedded(dns: readonly string[]): boolean {
    return dns.length === 0 && externalServers(parseResolvConf(readHostResolv(this.#hostResolvFile))).length === 0;
  }

  /** @throws EngineError invalid for an extra host or DNS setting that is none */
  contents(record: SandboxRecord): { hosts: string; resolvConf: string } {
    const { request } = record;
    const isLegacy = !record.endpoints.some((endpoint) => endpoint.dnsNames.length > 0);
    return {
      hosts: hostsFile({
        hostname: request.hostname,
        ...(request.domainname === undefined ? {} : { domainname: request.domainname }),
        extraHosts: request.extraHosts,
        hostGateway: this.#hostGateway(record),
        endpoints: record.endpoints,
        links: isLegacy ? this.#legacyLinks(record) : [],
        hasIPv6: this.#hasIPv6(),
      }),
      resolvConf: resolvConf({ ...request, host: parseResolvConf(readHostResolv(this.#hostResolvFile)), embedded: record.dns }),
    };
  }

  /** Asked once a second: the question costs half a millisecond while namespaces are being made, whose locks it needs. */
  #hasIPv6(): boolean {
    const now = performance.now();
    if (this.#ipv6 === undefined || now > this.#ipv6.until) this.#ipv6 = { value: hostHasIPv6(), until: now + 1000 };
    return this.#ipv6.value;
  }

  /** An address under which the container reaches the host: its own gateway, else the default bridge's. */
  #hostGateway(record: SandboxRecord): string | undefined {
    const own = gatewayEndpoint(record.endpoints, 4)?.v4?.gateway ?? gatewayEndpoint(record.endpoints, 6)?.v6?.gateway;
    return own ?? this.#state.networks().find((network) => network.isBuiltIn && network.driver === 'bridge')?.pools[0]?.gateway;
  }

  #legacyLinks(record: SandboxRecord): { alias: string; target: SandboxRecord }[] {
    return Object.entries(record.links).flatMap(([alias, targets]) =>
      targets.flatMap((name) => {
        const target = this.#state.findSandboxByName(name);
        return target ? [{ alias, target }] : [];
      }),
    );
  }

  /** For containers in the host's namespace: the host's own files and what was asked for on top. */
  hostMode(request: Pick<SandboxRequest, 'hostname' | 'extraHosts' | 'dns' | 'dnsSearch' | 'dnsOptions'>): { hosts: string; resolvConf: string } {
    const host = readTextIfExists('/etc/hosts') ?? '127.0.0.1\tlocalhost\n';
    const extra = hostsFile({ hostname: '', extraHosts: request.extraHosts, hostGateway: '127.0.0.1', endpoints: [], hasIPv6: false }).replace(/^127\.0\.0\.1\tlocalhost\n/, '');
    const isPlain = request.dns.length + request.dnsSearch.length + request.dnsOptions.length === 0;
    const hostText = readTextIfExists(this.#hostResolvFile) ?? '';
    const merged = () => {
      const parsed = parseResolvConf(hostText);
      // In the host's namespace the host's loopback servers are reachable.
      return resolvConf({ ...request, dns: request.dns.length > 0 ? request.dns : parsed.nameservers, host: parsed, embedded: false });
    };
    return { hosts: `${host.endsWith('\n') ? host : `${host}\n`}${extra}`, resolvConf: isPlain ? hostText : merged() };
  }
}

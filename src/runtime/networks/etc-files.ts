/** The contents of a container's /etc/hosts and /etc/resolv.conf. Pure. */
import { EngineError, shortId } from '../../base/index.ts';
import { parseAddress } from './address.ts';
import type { EndpointRecord, SandboxRecord } from './records.ts';

const LOCALHOST = '127.0.0.1\tlocalhost\n';
const LOCALHOST6 = '::1\tlocalhost ip6-localhost ip6-loopback\nfe00::0\tip6-localnet\nff00::0\tip6-mcastprefix\nff02::1\tip6-allnodes\nff02::2\tip6-allrouters\n';

export interface HostsInput {
  readonly hostname: string;
  readonly domainname?: string;
  /** `name:address` or `name=address`; the address may be `host-gateway`. */
  readonly extraHosts: readonly string[];
  /** Replaces `host-gateway`. */
  readonly hostGateway: string | undefined;
  readonly endpoints: readonly EndpointRecord[];
  /** Legacy links of the default bridge. */
  readonly links?: readonly { readonly alias: string; readonly target: Pick<SandboxRecord, 'containerId' | 'name' | 'endpoints' | 'request'> }[];
  readonly hasIPv6: boolean;
}

/** @throws EngineError invalid for an extra host that is none */
export function hostsFile(input: HostsInput): string {
  let text = LOCALHOST + (input.hasIPv6 ? LOCALHOST6 : '');
  for (const entry of input.extraHosts) {
    const { name, address } = parseExtraHost(entry, input.hostGateway);
    text += `${address}\t${name}\n`;
  }
  for (const link of input.links ?? []) {
    const address = link.target.endpoints.find((endpoint) => endpoint.v4)?.v4?.address;
    const names = [...new Set([link.alias, link.target.request.hostname || shortId(link.target.containerId), link.target.name])];
    if (address !== undefined) text += `${address}\t${names.join(' ')}\n`;
  }
  const own = input.domainname ? `${input.hostname}.${input.domainname} ${input.hostname}` : input.hostname;
  for (const endpoint of input.endpoints) {
    for (const address of [endpoint.v4, endpoint.v6]) {
      if (address) text += `${address.address}\t${own}\n`;
    }
  }
  return text;
}

/** Parses `name:address`, `name=address`, `name:[v6]`. @throws EngineError invalid */
export function parseExtraHost(entry: string, hostGateway: string | undefined): { name: string; address: string } {
  const match = /^([^:=\s]+)[:=](.+)$/.exec(entry);
  const name = match?.[1] ?? '';
  const target = (match?.[2] ?? '').replace(/^\[(.*)\]$/, '$1');
  if (target === 'host-gateway') {
    if (hostGateway === undefined) throw new EngineError('invalid', 'unable to derive the IP value for host-gateway');
    return { name, address: hostGateway };
  }
  // The name goes into a file by line: whatever could start another line was refused by the pattern.
  if (!match || !parseAddress(target)) throw new EngineError('invalid', `bad format for add-host: "${entry}"`);
  return { name, address: target };
}

export interface ResolvInput {
  /** The host's own file. */
  readonly host: HostResolv;
  readonly dns: readonly string[];
  readonly dnsSearch: readonly string[];
  readonly dnsOptions: readonly string[];
  /** Our resolver answers at 127.0.0.11. */
  readonly embedded: boolean;
}

export interface HostResolv {
  readonly nameservers: readonly string[];
  readonly search: readonly string[];
  readonly options: readonly string[];
}

export const EMBEDDED_SERVER = '127.0.0.11';

/**
 * The host's settings, overridden by the container's; with the embedded resolver `ndots:0` unless somebody set it.
 * @throws EngineError invalid for a server that is no address
 */
export function resolvConf(input: ResolvInput): string {
  for (const server of input.dns) {
    if (!parseAddress(server)) throw new EngineError('invalid', `invalid IP address: ${server}`);
  }
  for (const word of [...input.dnsSearch, ...input.dnsOptions]) {
    if (/[\r\n]/.test(word)) throw new EngineError('invalid', `invalid DNS setting: ${JSON.stringify(word)}`);
  }
  const servers = input.embedded ? [EMBEDDED_SERVER] : input.dns.length > 0 ? input.dns : externalServers(input.host);
  const search = input.dnsSearch.length > 0 ? input.dnsSearch.filter((domain) => domain !== '.') : input.host.search;
  const asked = input.dnsOptions.length > 0 ? [...input.dnsOptions] : [...input.host.options];
  const options = input.embedded && !asked.some((option) => option.startsWith('ndots:')) ? [...asked, 'ndots:0'] : asked;
  return [
    '# Written by tscompose for this container.\n',
    ...servers.map((server) => `nameserver ${server}\n`),
    search.length > 0 ? `search ${search.join(' ')}\n` : '',
    options.length > 0 ? `options ${options.join(' ')}\n` : '',
  ].join('');
}

/** The host's servers that a container can reach: those on the host's loopback are not among them. */
export function externalServers(host: HostResolv): string[] {
  return host.nameservers.filter((server) => !isLoopback(server));
}

export function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1';
}

/** @see resolv.conf(5) */
export function parseResolvConf(text: string): HostResolv {
  const nameservers: string[] = [];
  let search: string[] = [];
  let options: string[] = [];
  for (const line of text.split('\n')) {
    const [keyword, ...rest] = line.replace(/[#;].*$/, '').trim().split(/\s+/);
    if (keyword === 'nameserver' && rest[0] && parseAddress(rest[0].replace(/%.*$/, ''))) nameservers.push(rest[0]);
    else if (keyword === 'search' || keyword === 'domain') search = rest;
    else if (keyword === 'options') options = [...options, ...rest];
  }
  return { nameservers, search, options };
}

/**
 * The packet filter of one state root, as a value: networks and published ports in, one nft table out. Pure.
 *
 * Rules never change; what varies are the elements of sets and maps. So publishing a port is one element, a script of one line,
 * and the difference between two states is a transaction of its own.
 *
 * Publishing is DNAT in the kernel, for the host's own connections too (127.0.0.1 needs `route_localnet` on the bridge).
 * `[::1]` cannot be translated: the resolver process, which holds every published port, carries those connections.
 */
import type { PortProtocol } from './records.ts';

export interface FirewallNetwork {
  readonly bridge: string;
  /** At most one of each family. */
  readonly subnets: readonly string[];
  readonly internal: boolean;
  readonly masquerade: boolean;
}

export interface FirewallPort {
  readonly protocol: PortProtocol;
  /** `0.0.0.0` and `::` are every address of the host. */
  readonly hostAddress: string;
  readonly hostPort: number;
  readonly address: string;
  readonly port: number;
}

export interface FirewallState {
  readonly networks: readonly FirewallNetwork[];
  readonly ports: readonly FirewallPort[];
  /** Bridges of other container engines on the host. */
  readonly foreign: readonly string[];
}

/** Set or map name to its elements, sorted. */
export type Elements = Readonly<Record<SetName, readonly string[]>>;

const SETS = {
  bridges: 'set bridges { type ifname; }',
  foreign: 'set foreign { type ifname; }',
  internal: 'set internal { type ifname; }',
  same: 'set same { type ifname . ifname; }',
  masquerade4: 'set masquerade4 { type ipv4_addr; flags interval; }',
  masquerade6: 'set masquerade6 { type ipv6_addr; flags interval; }',
  hairpin4: 'set hairpin4 { type ipv4_addr . ipv4_addr; flags interval; }',
  hairpin6: 'set hairpin6 { type ipv6_addr . ipv6_addr; flags interval; }',
  ports4: 'map ports4 { type inet_proto . inet_service : ipv4_addr . inet_service; }',
  ports4at: 'map ports4at { type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service; }',
  ports6: 'map ports6 { type inet_proto . inet_service : ipv6_addr . inet_service; }',
  ports6at: 'map ports6at { type ipv6_addr . inet_proto . inet_service : ipv6_addr . inet_service; }',
} as const;
export type SetName = keyof typeof SETS;
const SET_NAMES = Object.keys(SETS) as SetName[];

/**
 * - loopback: `route_localnet` would let containers reach what listens on the host's 127.0.0.1.
 * - forward: no way between networks, nor into one from outside, nor into those of other engines, except to published ports; no way
 *   out of internal ones.
 * - prerouting skips 127.0.0.0/8: a neighbour of the host could otherwise reach ports published on loopback.
 * - postrouting: replies must come back through the host when the host's loopback, or a container's own network, was the source.
 */
const CHAINS = `
chain loopback {
  type filter hook prerouting priority raw; policy accept;
  iifname @bridges ip daddr 127.0.0.0/8 drop
}
chain forward {
  type filter hook forward priority filter; policy accept;
  iifname != @bridges oifname != @bridges accept
  ct state established,related accept
  iifname . oifname @same accept
  iifname @internal drop
  oifname @internal drop
  ct status dnat accept
  oifname @bridges drop
  oifname @foreign drop
}
chain publish {
  meta nfproto ipv4 dnat ip to ip daddr . meta l4proto . th dport map @ports4at
  meta nfproto ipv4 dnat ip to meta l4proto . th dport map @ports4
  ip6 daddr ::1 return
  meta nfproto ipv6 dnat ip6 to ip6 daddr . meta l4proto . th dport map @ports6at
  meta nfproto ipv6 dnat ip6 to meta l4proto . th dport map @ports6
}
chain prerouting {
  type nat hook prerouting priority dstnat; policy accept;
  ip daddr 127.0.0.0/8 return
  meta l4proto { tcp, udp, sctp } fib daddr type local jump publish
}
chain output {
  type nat hook output priority -100; policy accept;
  meta l4proto { tcp, udp, sctp } fib daddr type local jump publish
}
chain postrouting {
  type nat hook postrouting priority srcnat; policy accept;
  oifname @bridges ip saddr 127.0.0.0/8 masquerade
  ct status dnat ip saddr . ip daddr @hairpin4 masquerade
  ct status dnat ip6 saddr . ip6 daddr @hairpin6 masquerade
  ip saddr @masquerade4 oifname != @bridges masquerade
  ip6 saddr @masquerade6 oifname != @bridges masquerade
}
`;

/** What the sets hold for these networks and ports. The first of two ports that claim the same place wins; callers prevent that. */
export function firewallElements({ networks, ports, foreign }: FirewallState): Elements {
  const sets = Object.fromEntries(SET_NAMES.map((name) => [name, new Map<string, string>()])) as Record<SetName, Map<string, string>>;
  const add = (name: SetName, key: string, value = '') => sets[name].has(key) || sets[name].set(key, value);
  for (const network of networks) {
    const device = JSON.stringify(network.bridge);
    add('bridges', device);
    add('same', `${device} . ${device}`);
    if (network.internal) add('internal', device);
    for (const subnet of network.subnets) {
      const family = subnet.includes(':') ? 6 : 4;
      add(`hairpin${family}`, `${subnet} . ${subnet}`);
      if (network.masquerade && !network.internal) add(`masquerade${family}`, subnet);
    }
  }
  for (const bridge of foreign) add('foreign', JSON.stringify(bridge));
  for (const port of ports) {
    const family = port.address.includes(':') ? 6 : 4;
    const place = `${port.protocol} . ${port.hostPort}`;
    const target = ` : ${port.address} . ${port.port}`;
    if (port.hostAddress === '0.0.0.0' || port.hostAddress === '::') add(`ports${family}`, place, target);
    else add(`ports${family}at`, `${port.hostAddress} . ${place}`, target);
  }
  return Object.fromEntries(SET_NAMES.map((name) => [name, [...sets[name]].map(([key, value]) => key + value).sort()])) as unknown as Elements;
}

/** A script that puts the table into this state whatever was there before, in one transaction. */
export function replaceScript(table: string, elements: Elements): string {
  const sets = SET_NAMES.map((name) => SETS[name]).join('\n');
  return `add table inet ${table}\ndelete table inet ${table}\ntable inet ${table} {\n${sets}\n${CHAINS}}\n${changeScript(table, undefined, elements)}`;
}

/** A script that turns one state of the table into another; empty when they are equal. */
export function changeScript(table: string, from: Elements | undefined, to: Elements): string {
  const lines: string[] = [];
  const change = (verb: 'add' | 'delete', name: SetName, elements: readonly string[]) => {
    if (elements.length > 0) lines.push(`${verb} element inet ${table} ${name} { ${elements.join(', ')} }\n`);
  };
  for (const name of SET_NAMES) {
    const had = new Set(from?.[name]);
    const has = new Set(to[name]);
    change('delete', name, [...had].filter((element) => !has.has(element)));
    change('add', name, [...has].filter((element) => !had.has(element)));
  }
  return lines.join('');
}

export function deleteScript(table: string): string {
  // Adding first makes the deletion succeed when there is no table.
  return `add table inet ${table}\ndelete table inet ${table}\n`;
}

/** Names of interfaces and tables. The kernel allows 15 characters; a digest of the state root keeps engines apart. */
import { createHash } from 'node:crypto';

/** Prefixes and names that belong to one state root. Anything on the host that bears them is ours to sweep. */
export interface RootNames {
  /** `tsb` + 5: bridges are this and 7 digits of the network id. */
  readonly bridgePrefix: string;
  /** `tsv` + 5: host ends of pairs are this and 7 digits of the endpoint id. */
  readonly linkPrefix: string;
  /** The nft table, in family inet. */
  readonly table: string;
}

/** @param root  the data root's path */
export function rootNames(root: string): RootNames {
  const digest = createHash('sha256').update(root).digest('hex');
  const tag = BigInt(`0x${digest.slice(0, 12)}`).toString(36).padStart(5, '0').slice(-5);
  return { bridgePrefix: `tsb${tag}`, linkPrefix: `tsv${tag}`, table: `tscompose_${tag}` };
}

export function bridgeName(names: RootNames, networkId: string): string {
  return names.bridgePrefix + networkId.slice(0, 7);
}

export function linkName(names: RootNames, endpointId: string): string {
  return names.linkPrefix + endpointId.slice(0, 7);
}

/** What the kernel takes as an interface name, and what is safe in an nft script. */
export function isInterfaceName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9_.-]{0,14}$/.test(name);
}

/** dockerd's rule for network names: not blank; anything else goes, also spaces. Files are named by id. */
export function isNetworkName(name: string): boolean {
  return name.trim() !== '';
}

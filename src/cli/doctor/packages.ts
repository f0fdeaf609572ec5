/** From programs to packages, for the distributions that people run. */
import type { Probe } from './probe.ts';

export type PackageManager = 'apt' | 'dnf' | 'apk' | 'pacman' | 'zypper';

/** Package of each program where it is not named like the program. */
const PACKAGES: Readonly<Record<PackageManager, Readonly<Record<string, string>>>> = {
  apt: { nft: 'nftables', ip: 'iproute2', newuidmap: 'uidmap', busybox: 'busybox-static', 'tini-static': 'tini' },
  dnf: { nft: 'nftables', ip: 'iproute', newuidmap: 'shadow-utils' },
  apk: { nft: 'nftables', ip: 'iproute2', newuidmap: 'shadow-uidmap' },
  pacman: { nft: 'nftables', ip: 'iproute2', newuidmap: 'shadow', 'tini-static': 'catatonit' },
  zypper: { nft: 'nftables', ip: 'iproute2', newuidmap: 'shadow', 'tini-static': 'catatonit' },
};

const INSTALL: Readonly<Record<PackageManager, readonly string[]>> = {
  apt: ['apt-get', 'install', '-y', '--no-install-recommends'],
  dnf: ['dnf', 'install', '-y'],
  apk: ['apk', 'add'],
  pacman: ['pacman', '-S', '--needed'],
  zypper: ['zypper', 'install', '-y'],
};

/** The package manager of this machine, or undefined when it is none that we know. */
export function findPackageManager(probe: Probe): PackageManager | undefined {
  if (probe.which('apt-get') !== undefined) return 'apt';
  return (['dnf', 'apk', 'pacman', 'zypper'] as const).find((name) => probe.which(name) !== undefined);
}

/** The command that installs what the programs come in. */
export function installCommand(manager: PackageManager, programs: readonly string[]): string[] {
  const names = PACKAGES[manager];
  return [...INSTALL[manager], ...new Set(programs.map((program) => names[program] ?? program))];
}

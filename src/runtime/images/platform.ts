/** Platforms as the OCI image specification names them. */
import { EngineError } from '../../base/index.ts';

export interface Platform {
  os: string;
  architecture: string;
  variant?: string;
}

const ARCHITECTURES: Readonly<Record<string, string>> = {
  x64: 'amd64',
  ia32: '386',
  arm64: 'arm64',
  arm: 'arm',
  ppc64: 'ppc64le',
  s390x: 's390x',
  riscv64: 'riscv64',
  loong64: 'loong64',
};
const ALIASES: Readonly<Record<string, string>> = { x86_64: 'amd64', 'x86-64': 'amd64', aarch64: 'arm64', armhf: 'arm', armel: 'arm', i386: '386' };

const SYSTEMS: ReadonlySet<string> = new Set(['linux', 'windows', 'darwin', 'freebsd', 'netbsd', 'openbsd', 'dragonfly', 'solaris', 'illumos', 'aix', 'android', 'plan9', 'wasi', 'wasip1', 'js']);
/** Go's names, which images use. */
const KNOWN_ARCHITECTURES: ReadonlySet<string> = new Set([
  '386', 'amd64', 'arm', 'arm64', 'loong64', 'mips', 'mipsle', 'mips64', 'mips64le', 'ppc64', 'ppc64le', 'riscv64', 's390x', 'wasm', 'armbe', 'arm64be', 'ppc', 'riscv', 's390', 'sparc', 'sparc64',
]);

/** The platform that this machine runs. */
export function hostPlatform(): Platform {
  const architecture = ARCHITECTURES[process.arch] ?? process.arch;
  if (architecture === 'arm') return { os: 'linux', architecture, variant: 'v7' };
  return { os: 'linux', architecture };
}

/** `os/arch[/variant]`, or one of the two where the name tells which. @throws EngineError invalid */
export function parsePlatform(text: string): Platform {
  const parts = text.toLowerCase().split('/');
  if (parts.length > 3 || parts.some((part) => !/^[a-z0-9_.-]+$/.test(part)))
    throw new EngineError('invalid', `"${text}" is an invalid component of "${text}": platform specifier must be os/architecture[/variant]`);
  const [first = '', second, variant] = parts;
  if (second === undefined && SYSTEMS.has(first)) return { os: first, architecture: hostPlatform().architecture };
  const architecture = ALIASES[second ?? first] ?? second ?? first;
  if (second === undefined && !KNOWN_ARCHITECTURES.has(architecture)) throw new EngineError('invalid', `"${text}": unknown operating system or architecture`);
  return { os: second === undefined ? 'linux' : first, architecture, ...(variant !== undefined && { variant }) };
}

export function formatPlatform(platform: Platform): string {
  return [platform.os, platform.architecture, platform.variant].filter(Boolean).join('/');
}

/** @throws EngineError notFound in dockerd's words, after which its clients pull */
export function requirePlatform(reference: string, image: { readonly config: { os: string; architecture: string; variant?: string } }, platform: string): void {
  const wanted = parsePlatform(platform);
  const { os, architecture, variant } = image.config;
  const actual = { os, architecture, ...(variant && { variant }) };
  if (platformScore(wanted, actual) > 0) return;
  throw new EngineError(
    'notFound',
    `image with reference ${reference} was found but its platform (${formatPlatform(actual)}) does not match the specified platform (${formatPlatform(wanted)})`,
  );
}

/**
 * How well an image's platform fits: 0 not at all, larger is better. arm64 without a variant means v8; a 64-bit machine does not
 * take 32-bit images unasked, as dockerd does not.
 */
export function platformScore(wanted: Platform, offered: Partial<Platform>): number {
  if (offered.os !== wanted.os || offered.architecture !== wanted.architecture) return 0;
  const [have, want] = [variantOf(offered), variantOf(wanted)];
  if (have === want) return 3;
  if (want === undefined || have === undefined) return 2;
  return wanted.architecture === 'arm' && have < want ? 1 : 0;
}

function variantOf(platform: Partial<Platform>): string | undefined {
  if (platform.variant !== undefined && platform.variant !== '') return platform.variant;
  return platform.architecture === 'arm64' ? 'v8' : undefined;
}

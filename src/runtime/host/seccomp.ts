import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync, unlinkSync } from 'node:fs';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { EngineError, readTextIfExists, writeFileAtomic } from '../../base/index.ts';
import { loadLibrary } from './libc.ts';
import type { SeccompCondition, SeccompProfile, SeccompRule } from './seccomp-profile.ts';

/** `linux.seccomp` of an OCI configuration. */
export interface OciSeccomp {
  readonly defaultAction: string;
  readonly defaultErrnoRet?: number;
  readonly architectures?: readonly string[];
  readonly flags?: readonly string[];
  readonly syscalls: readonly Pick<SeccompRule, 'names' | 'action' | 'errnoRet' | 'args'>[];
}

export interface SeccompTarget {
  /** Of the container's bounding set, `CAP_…`. */
  readonly caps: readonly string[];
  /** Node's name: `x64`, `arm64`. */
  readonly arch: string;
  /** `6.1.0-…` */
  readonly kernel: string;
}

const ARCHES: Readonly<Record<string, { go: string; scmp: string }>> = {
  x64: { go: 'amd64', scmp: 'SCMP_ARCH_X86_64' },
  arm64: { go: 'arm64', scmp: 'SCMP_ARCH_AARCH64' },
  s390x: { go: 's390x', scmp: 'SCMP_ARCH_S390X' },
  riscv64: { go: 'riscv64', scmp: 'SCMP_ARCH_RISCV64' },
  ppc64: { go: 'ppc64le', scmp: 'SCMP_ARCH_PPC64LE' },
};

/** Picks the rules whose conditions hold for this machine and these capabilities. */
export function resolveProfile(profile: SeccompProfile, target: SeccompTarget): OciSeccomp {
  const arch = ARCHES[target.arch];
  const mapped = profile.archMap?.find((entry) => entry.architecture === arch?.scmp);
  const architectures = mapped ? [mapped.architecture, ...(mapped.subArchitectures ?? [])] : (profile.architectures ?? undefined);
  const holds = (condition: SeccompCondition): boolean =>
    (!condition.caps?.length || condition.caps.some((cap) => target.caps.includes(cap))) &&
    (!condition.arches?.length || (arch !== undefined && condition.arches.includes(arch.go))) &&
    (condition.minKernel === undefined || isAtLeast(target.kernel, condition.minKernel));
  const excluded = (condition: SeccompCondition): boolean =>
    (condition.caps?.some((cap) => target.caps.includes(cap)) ?? false) ||
    (arch !== undefined && (condition.arches?.includes(arch.go) ?? false)) ||
    (condition.minKernel !== undefined && isAtLeast(target.kernel, condition.minKernel));
  const rules = (profile.syscalls ?? []).filter((rule) => holds(rule.includes ?? {}) && !excluded(rule.excludes ?? {}));
  return {
    defaultAction: profile.defaultAction,
    ...(profile.defaultErrnoRet !== undefined && { defaultErrnoRet: profile.defaultErrnoRet }),
    ...(architectures && { architectures }),
    ...(profile.flags?.length && { flags: profile.flags }),
    syscalls: rules.map(({ names, action, errnoRet, args }) => ({
      names,
      action,
      ...(errnoRet !== undefined && { errnoRet }),
      ...(args?.length && { args }),
    })),
  };
}

function isAtLeast(kernel: string, minimum: string): boolean {
  const [major = 0, minor = 0] = kernel.split('.').map(Number);
  const [wantMajor = 0, wantMinor = 0] = minimum.split('.').map(Number);
  return major > wantMajor || (major === wantMajor && minor >= wantMinor);
}

/** Reads a profile given as JSON text. @throws EngineError invalid */
export function parseProfile(text: string): SeccompProfile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new EngineError('invalid', `Decoding seccomp profile failed: ${(cause as Error).message}`, { cause });
  }
  const profile = value as Omit<SeccompProfile, 'syscalls'> & { syscalls?: (SeccompRule & { name?: string })[] };
  if (typeof profile !== 'object' || profile === null || typeof profile.defaultAction !== 'string') {
    throw new EngineError('invalid', 'Decoding seccomp profile failed: defaultAction is missing');
  }
  // The old form has one `name` per rule.
  const syscalls = profile.syscalls?.map((rule) => (rule.names ? rule : { ...rule, names: [rule.name ?? ''] }));
  return { ...profile, ...(syscalls && { syscalls }) };
}

const ACTIONS: Readonly<Record<string, number>> = {
  SCMP_ACT_KILL: 0,
  SCMP_ACT_KILL_THREAD: 0,
  SCMP_ACT_KILL_PROCESS: 0x80000000,
  SCMP_ACT_TRAP: 0x00030000,
  SCMP_ACT_ERRNO: 0x00050000,
  SCMP_ACT_LOG: 0x7ffc0000,
  SCMP_ACT_ALLOW: 0x7fff0000,
};
const OPERATORS: Readonly<Record<string, number>> = {
  SCMP_CMP_NE: 1, SCMP_CMP_LT: 2, SCMP_CMP_LE: 3, SCMP_CMP_EQ: 4, SCMP_CMP_GE: 5, SCMP_CMP_GT: 6, SCMP_CMP_MASKED_EQ: 7,
};
const SCMP_FLTATR_CTL_OPTIMIZE = 8;

/**
 * The filter as the kernel takes it, base64, for the annotation `run.oci.seccomp_bpf_data`; compiled once per profile and machine
 * and kept in `cacheDir`.
 * @returns undefined when libseccomp is missing or the profile uses what we do not compile; the caller then passes the JSON form
 */
export function compiledSeccomp(seccomp: OciSeccomp, cacheDir: string): string | undefined {
  if (seccomp.flags?.length) return undefined;
  const key = createHash('sha256').update(JSON.stringify([process.arch, release(), seccomp])).digest('hex');
  const file = join(cacheDir, key);
  const cached = readTextIfExists(file);
  if (cached !== undefined && cached.length > 0) return cached;
  let compiled: string | undefined;
  try {
    compiled = compile(seccomp);
  } catch {
    return undefined;
  }
  if (compiled === undefined) return undefined;
  mkdirSync(cacheDir, { recursive: true, mode: 0o700 });
  writeFileAtomic(file, compiled, { durable: false });
  return compiled;
}

function compile(seccomp: OciSeccomp): string | undefined {
  const library = loadLibrary('libseccomp.so.2');
  const init = library.func('void *seccomp_init(uint32_t action)') as unknown as (action: number) => unknown;
  const release = library.func('void seccomp_release(void *ctx)');
  const resolve = library.func('int seccomp_syscall_resolve_name(const char *name)');
  const addRule = library.func('int seccomp_rule_add_array(void *ctx, uint32_t action, int syscall, unsigned int count, const void *args)');
  const context = init(actionValue(seccomp.defaultAction, seccomp.defaultErrnoRet));
  if (context === null) return undefined;
  try {
    addArchitectures(library, context, seccomp.architectures ?? []);
    library.func('int seccomp_attr_set(void *ctx, int attribute, uint32_t value)')(context, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    for (const rule of seccomp.syscalls) {
      const action = actionValue(rule.action, rule.errnoRet);
      const args = encodeArgs(rule.args ?? []);
      for (const name of rule.names) {
        const number = resolve(name);
        if (number === -1) continue; // this libseccomp does not know the call: the default action covers it
        // Non-zero: a rule equal to the default action, or a call that none of the architectures has. Both change nothing.
        addRule(context, action, number, rule.args?.length ?? 0, args);
      }
    }
    return exportFilter(library, context);
  } finally {
    release(context);
  }
}

function actionValue(action: string, errno: number | undefined): number {
  const value = ACTIONS[action];
  if (value === undefined) throw new EngineError('invalid', `seccomp action ${action} is not supported`);
  return action === 'SCMP_ACT_ERRNO' ? value | (errno ?? 1) : value;
}

function encodeArgs(args: readonly { index: number; value: number; valueTwo?: number; op: string }[]): Buffer {
  const encoded = Buffer.alloc(Math.max(1, args.length) * 24);
  args.forEach((arg, i) => {
    const operator = OPERATORS[arg.op];
    if (operator === undefined) throw new EngineError('invalid', `seccomp operator ${arg.op} is not supported`);
    encoded.writeUInt32LE(arg.index, i * 24);
    encoded.writeUInt32LE(operator, i * 24 + 4);
    encoded.writeBigUInt64LE(BigInt(arg.value), i * 24 + 8);
    encoded.writeBigUInt64LE(BigInt(arg.valueTwo ?? 0), i * 24 + 16);
  });
  return encoded;
}

function addArchitectures(library: ReturnType<typeof loadLibrary>, context: unknown, names: readonly string[]): void {
  const resolve = library.func('uint32_t seccomp_arch_resolve_name(const char *name)');
  const add = library.func('int seccomp_arch_add(void *ctx, uint32_t arch)');
  for (const name of names) {
    const token = resolve(name.replace('SCMP_ARCH_', '').toLowerCase());
    if (token !== 0) add(context, token); // the native one is there already: -EEXIST
  }
}

function exportFilter(library: ReturnType<typeof loadLibrary>, context: unknown): string | undefined {
  const file = join(tmpdir(), `tscompose-seccomp-${process.pid}-${Date.now()}`);
  const fd = openSync(file, 'wx', 0o600);
  try {
    unlinkSync(file);
    if (library.func('int seccomp_export_bpf(void *ctx, int fd)')(context, fd) !== 0) return undefined;
    return readFileSync(`/proc/self/fd/${fd}`).toString('base64');
  } finally {
    closeSync(fd);
  }
}

import { createHash } from 'node:crypto';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { release } from 'node:os';
import { EngineError, readTextIfExists } from '../../base/index.ts';
import { DEFAULT_RUN_ROOT, type Layout } from '../layout.ts';
import { boundingSet } from './bounding-set.ts';
import { type CgroupHost, controllerDir, hasController, missingHugetlb, readCgroupHost } from './cgroup.ts';
import { CgroupMoves } from './cgroup-moves.ts';
import { mount } from './libc.ts';
import { detectOciRuntime, madeBy, type OciRuntime, otherRuntimes } from './oci-runtime.ts';
import { findProgram } from './programs.ts';

/** What this host's control groups can do; missing files must not be written, because the runtime fails on them. */
export interface ResourceSupport {
  readonly blkioWeight: boolean;
  readonly swap: boolean;
  /** Controllers that this machine does not offer: their limits are discarded with a warning, as dockerd does. */
  readonly missing?: readonly LimitController[];
}

const LIMIT_CONTROLLERS = ['memory', 'pids', 'cpu', 'cpuset'] as const;
export type LimitController = (typeof LIMIT_CONTROLLERS)[number];

/** The programs and facts of this machine that containers are made with. Looked up once, when the engine starts. */
export interface HostTools {
  /** The one for new containers. */
  readonly runtime: OciRuntime;
  readonly runtimes: Readonly<Partial<Record<OciRuntime['kind'], OciRuntime>>>;
  readonly conmon: string;
  readonly cgroups: CgroupHost;
  /** To be told before a process is moved into a control group. */
  readonly moves: CgroupMoves;
  /** Group under which every container of this state root gets its own: `/tscompose`, or one per other root. */
  readonly cgroupParent: string;
  /** Bounding set of the engine. */
  readonly caps: readonly string[];
  readonly support: ResourceSupport;
  /** A static init that reaps zombies, if this machine has one. */
  readonly init: string | undefined;
  readonly apparmor: boolean;
  readonly kernel: string;
}

const INITS = ['docker-init', 'tini-static', 'catatonit', 'tini', 'dumb-init'];
const ELF = { class64: 4, headerOffset: 32, headerSize: 54, headerCount: 56, interpreter: 3 } as const;

/** An init that reaps zombies and is static: a dynamic one finds no libraries, or others, in most images. */
function findInit(): string | undefined {
  return INITS.map((name) => findProgram(name)).find((path) => path !== undefined && isStatic(path));
}

/** True for a 64-bit little-endian ELF program that names no interpreter. @see elf(5) */
export function isStatic(path: string): boolean {
  const bytes = Buffer.alloc(4096); // program headers follow the file's own
  const fd = openSync(path, 'r');
  try {
    readSync(fd, bytes, 0, bytes.length, 0);
  } finally {
    closeSync(fd);
  }
  if (bytes.toString('latin1', 0, 4) !== '\x7fELF' || bytes[ELF.class64] !== 2 || bytes[5] !== 1) return false;
  const [start, size, count] = [Number(bytes.readBigUInt64LE(ELF.headerOffset)), bytes.readUInt16LE(ELF.headerSize), bytes.readUInt16LE(ELF.headerCount)];
  const headers = Array.from({ length: count }, (_, i) => start + i * size).filter((at) => at + 4 <= bytes.length);
  return headers.length > 0 && headers.every((at) => bytes.readUInt32LE(at) !== ELF.interpreter);
}

/** What a container that asks for a runtime by name is started with: that one, or the other where it is not installed, as both do the same. */
export function runtimeNamed(tools: HostTools, name: string | undefined): OciRuntime {
  return (name === 'crun' || name === 'runc' ? tools.runtimes[name] : undefined) ?? tools.runtime;
}

/** The runtime that made a container, which alone knows its state. */
export function runtimeOf(tools: HostTools, id: string): OciRuntime {
  const kind = madeBy(tools.runtime.stateRoot, id);
  return (kind && tools.runtimes[kind]) ?? tools.runtime;
}

/**
 * Looks up what containers are made with.
 * @param prefer  OCI runtime to take: `crun`, `runc` or a path; undefined for the best there is
 * @throws EngineError unavailable, naming what to install, when something essential is missing
 */
export async function findTools(layout: Layout, prefer?: string): Promise<HostTools> {
  const runtime = await detectOciRuntime(layout.ociState, prefer);
  const conmon = findProgram('conmon');
  if (conmon === undefined) throw new EngineError('unavailable', 'conmon was not found: install the package conmon (tscompose doctor --fix)');
  const cgroups = completeCgroups();
  return {
    runtime,
    runtimes: otherRuntimes(runtime),
    conmon,
    cgroups,
    moves: new CgroupMoves(cgroups),
    cgroupParent: cgroupParent(layout),
    caps: boundingSet(),
    support: {
      blkioWeight: hasBlkioWeight(cgroups),
      swap: hasSwapLimit(cgroups),
      missing: LIMIT_CONTROLLERS.filter((name) => !hasController(cgroups, name)),
    },
    init: findInit(),
    apparmor: readTextIfExists('/sys/module/apparmor/parameters/enabled')?.trim() === 'Y',
    kernel: release(),
  };
}

/** crun 1.8 refuses a v1 host that knows hugetlb but has not mounted it; so does podman. Mounting it changes nothing for others. */
function completeCgroups(): CgroupHost {
  const host = readCgroupHost();
  const missing = missingHugetlb(host, readFileSync('/proc/cgroups', 'utf8'));
  if (missing === undefined) return host;
  try {
    mkdirSync(missing, { recursive: true });
    mount('cgroup', missing, 'cgroup', 0, 'hugetlb');
  } catch (cause) {
    throw new EngineError(
      'unavailable',
      `the OCI runtime needs the hugetlb control group hierarchy: mkdir -p ${missing} && mount -t cgroup -o hugetlb cgroup ${missing}`,
      { cause },
    );
  }
  return readCgroupHost();
}

/** Engines with other roots get groups of their own, so that sweeping never touches a neighbour's. */
function cgroupParent(layout: Layout): string {
  if (layout.run === DEFAULT_RUN_ROOT) return '/tscompose';
  return `/tscompose-${createHash('sha256').update(layout.run).digest('hex').slice(0, 10)}`;
}

function hasBlkioWeight(host: CgroupHost): boolean {
  const root = controllerDir(host, 'blkio', '/');
  if (root === undefined) return false;
  // v2: io.weight exists below the root only, with the BFQ or iocost policies; the root shows neither, so ask a present child or say no.
  return host.version === 1 ? existsSync(`${root}/blkio.weight`) : statSync(`${root}/io.cost.qos`, { throwIfNoEntry: false }) !== undefined;
}

function hasSwapLimit(host: CgroupHost): boolean {
  if (host.version === 2) return hasController(host, 'memory');
  const root = controllerDir(host, 'memory', '/');
  return root !== undefined && existsSync(`${root}/memory.memsw.limit_in_bytes`);
}

import { EngineError } from '../../base/index.ts';
import type { BuildExtra, BuildOptions, Engine, RegistryAuth, Ulimit } from '../../engine-api/index.ts';
import { type ApiCall, authHeader, type Route } from '../call.ts';
import { refuseGrpc } from '../grpc-refusal.ts';
import { callerUid } from '../peer.ts';
import { isPlainObject, isStringList, isStringMap, type Query } from '../query.ts';
import { sendEmpty, sendJson, sendProgress } from '../respond.ts';

/** The classic builder. BuildKit's own protocol is refused by name, so that clients say what to do. */
export function buildRoutes({ images }: Engine): readonly Route[] {
  return [
    ['POST', '/build', async (call) => {
      if (call.query.text('version') === '2') throw buildkit();
      const options = buildOptions(call);
      if (options.extra?.localContexts) await requireReader(call);
      const isRemote = options.remote !== undefined && options.remote !== 'client-context';
      await sendProgress(call, await images.build(options, isRemote ? undefined : call.body, call.options));
    }],
    ['POST', '/build/prune', async (call) => {
      const filters = call.query.filters();
      const { CachesDeleted, SpaceReclaimed } = await images.pruneBuildCache({ all: call.query.bool('all'), ...(filters && { filters }) }, call.options);
      sendJson(call, 200, { CachesDeleted: CachesDeleted ?? null, SpaceReclaimed });
    }],
    ['POST', '/build/cancel', async (call) => {
      if (!call.query.text('id')) throw new EngineError('invalid', 'build ID not provided');
      sendEmpty(call, 200); // a classic build is cancelled by leaving; there is nothing else to cancel
    }],
    ['POST', '/session', () => Promise.reject(buildkit())],
    ['POST', '/grpc', async (call) => {
      if (call.headers.upgrade !== 'h2c') throw buildkit();
      refuseGrpc(call.hijack('application/grpc'), buildkit().message);
    }],
  ];
}

/**
 * The engine reads everything, so it reads in place only for who may do so too; others send what they can read.
 * @throws EngineError conflict, upon which our client sends a tar
 */
async function requireReader(call: ApiCall): Promise<void> {
  const uid = await callerUid(call.response.socket);
  if (uid === 0 || (uid !== undefined && uid === process.geteuid?.())) return;
  throw new EngineError('conflict', 'the engine reads a build context in place for its own user only');
}

function buildkit(): EngineError {
  return new EngineError('notImplemented', 'BuildKit is not supported by this engine: build with DOCKER_BUILDKIT=0');
}

type Entries = Partial<{ [K in keyof BuildOptions]: BuildOptions[K] | undefined }>;

/** @see Docker Engine API, "Build an image" */
function buildOptions(call: ApiCall): BuildOptions {
  const { query } = call;
  const entries: Entries = {
    dockerfile: query.text('dockerfile'),
    tags: query.list('t'),
    remote: query.text('remote'),
    extraHosts: query.text('extrahosts')?.split(','),
    quiet: query.bool('q'),
    noCache: query.bool('nocache'),
    cacheFrom: query.json('cachefrom', isStringList) as string[] | undefined,
    pull: query.bool('pull'),
    remove: query.bool('rm', true),
    forceRemove: query.bool('forcerm'),
    ...limits(query),
    buildArgs: query.json('buildargs', isArguments) as Record<string, string | null> | undefined,
    squash: query.bool('squash'),
    labels: query.json('labels', isStringMap) as Record<string, string> | undefined,
    networkMode: query.text('networkmode'),
    platform: query.text('platform'),
    target: query.text('target'),
    registryConfig: authHeader<Record<string, RegistryAuth>>(call, 'x-registry-config'),
    extra: query.json('x-tscompose', isExtra) as BuildExtra | undefined,
  };
  return Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined)) as BuildOptions;
}

function limits(query: Query): Entries {
  return {
    memory: query.intOrNothing('memory'),
    memorySwap: query.intOrNothing('memswap'),
    cpuShares: query.intOrNothing('cpushares'),
    cpusetCpus: query.text('cpusetcpus'),
    cpuPeriod: query.intOrNothing('cpuperiod'),
    cpuQuota: query.intOrNothing('cpuquota'),
    shmSize: query.intOrNothing('shmsize'),
    ulimits: query.json('ulimits', isUlimits) as Ulimit[] | undefined,
  };
}

function isArguments(value: unknown): boolean {
  return isPlainObject(value) && Object.values(value).every((one) => one === null || typeof one === 'string');
}

function isUlimits(value: unknown): boolean {
  return Array.isArray(value) && value.every((one) => isPlainObject(one) && typeof one['Name'] === 'string' && Number.isInteger(one['Soft']) && Number.isInteger(one['Hard']));
}

function isExtra(value: unknown): boolean {
  if (!isPlainObject(value)) return false;
  const { secrets = {}, ssh = {}, namedContexts = {}, noCacheFilter = [], entitlements = [], privileged = false, check = false, localContexts = {}, cacheTo = [] } = value;
  const maps = [secrets, ssh, namedContexts].every(isStringMap);
  const places = isPlainObject(localContexts) && Object.values(localContexts).every(isStringMap);
  const caches = Array.isArray(cacheTo) && cacheTo.every((one) => isStringMap(one) && typeof (one as Record<string, string>)['reference'] === 'string');
  return maps && places && caches && [noCacheFilter, entitlements].every(isStringList) && typeof privileged === 'boolean' && typeof check === 'boolean';
}

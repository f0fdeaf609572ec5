import { describe, expect, it } from 'vitest';
import { withReferences } from '../../../src/controller/create-request.ts';
import type { LoadedFiles } from '../../../src/controller/file-objects.ts';
import type { ContainerCreateRequest, NetworkCreateRequest } from '../../../src/engine-api/index.ts';
import { fixture, fixtureProject } from './fixture-project.ts';
import { project, type ServiceInput } from './model.ts';
import { emptyWorld, upPlan } from './world.ts';

interface Recorded {
  containers: Record<string, { Config: ContainerCreateRequest; HostConfig: NonNullable<ContainerCreateRequest['HostConfig']>; Networks: Record<string, unknown> }>;
  networks: Record<string, NetworkCreateRequest>;
  volumes: Record<string, unknown>;
}
const recorded = JSON.parse(fixture('every-attribute.inspect.json')) as Recorded;

/** What dockerd fills in by itself; a value equal to this counts as not given. */
const ENGINE_DEFAULTS: Record<string, unknown> = {
  'HostConfig.LogConfig.Type': 'json-file',
  'HostConfig.CgroupnsMode': 'host',
  'HostConfig.IpcMode': 'private',
  'HostConfig.ShmSize': 67108864,
  'HostConfig.Runtime': 'runc',
  'HostConfig.RestartPolicy.Name': 'no',
};
/** Filled in, or left out of what it shows, by dockerd: swap from memory, the weight that this kernel lacks, links beyond the default bridge. */
const ENGINE_FIELDS = /^(Platform|HostConfig\.(MaskedPaths|ReadonlyPaths|ConsoleSize|BlkioWeight|Links)|Networks\.\w+\.(MacAddress|DNSNames|IPAddress))/;

/** Where we mean to differ, and why. */
const DIFFERENT: readonly [RegExp, string][] = [
  [/^Config\.ExposedPorts/, 'ports without a protocol and ranges are spelled out, one port each, as the engine documents them'],
  [/^Config\.Labels\.dev\.tscompose/, 'our own label'],
  [/^Config\.Labels\.com\.docker\.compose\.(config-hash|image)$/, 'over ids; tested by themselves'],
  [/^HostConfig\.VolumesFrom/, 'docker compose 2.26 loses the mode'],
  [/^HostConfig\.MemorySwap$/, 'dockerd doubles the memory limit when nothing is asked for'],
  [/^Networks\.rich_front\.MacAddress/, 'docker compose 2.26 loses a service-level mac_address when the network has no settings'],
];

/** Leaves by path; empty values are as good as absent ones; lists without an order are sorted. */
function flatten(value: unknown, path = '', leaves: Record<string, unknown> = {}): Record<string, unknown> {
  const isEmpty = value === null || value === undefined || value === '' || value === 0 || value === false || (typeof value === 'object' && Object.keys(value).length === 0);
  if (isEmpty && !path.endsWith('.Cmd') && !path.startsWith('Config.ExposedPorts.') && path !== 'Config.StopTimeout') return leaves;
  if (ENGINE_DEFAULTS[path] === value || ENGINE_FIELDS.test(path)) return leaves;
  if (Array.isArray(value)) leaves[path] = value.map((item) => JSON.stringify(typeof item === 'object' ? Object.entries(flatten(item)).sort() : String(item).replace(/^CAP_/, ''))).sort();
  else if (path.endsWith('.depends_on')) leaves[path] = String(value).split(',').sort();
  else if (typeof value === 'object' && value !== null) for (const [key, item] of Object.entries(value)) flatten(item, path === '' ? key : `${path}.${key}`, leaves);
  else leaves[path] = value;
  return leaves;
}

describe('a create request', () => {
  it('asks for what docker compose asks for, in every attribute', async () => {
    const model = await fixtureProject('every-attribute.yaml', '/srv/rich');
    const files: LoadedFiles = { objects: new Map(), seccomp: new Map() };
    const plan = upPlan(model, { ...emptyWorld(model), apiVersion: '1.45' }, {}, files);
    const differences: string[] = [];
    let compared = 0;
    for (const step of plan.steps) {
      if (step.action.kind !== 'createContainer') continue;
      const { action } = step;
      const service = model.services[action.service];
      const body = action.references && service ? withReferences(action.body, service, action.references, (handle) => handle.name) : action.body;
      const { HostConfig, NetworkingConfig, ...Config } = body;
      const theirs = recorded.containers[action.name];
      if (!theirs) throw new Error(`no recording of ${action.name}`);
      const Env = (theirs.Config.Env ?? []).filter((entry) => !entry.startsWith('PATH='));
      const Hostname = theirs.Config.Hostname === action.name ? '' : theirs.Config.Hostname;
      const wanted = flatten({ ...theirs, Config: { ...theirs.Config, Env, Hostname } });
      const given = flatten({ Config, HostConfig, Networks: NetworkingConfig?.EndpointsConfig ?? {} });
      for (const key of new Set([...Object.keys(wanted), ...Object.keys(given)])) {
        compared++;
        if (JSON.stringify(wanted[key]) === JSON.stringify(given[key]) || DIFFERENT.some(([path]) => path.test(key))) continue;
        differences.push(`${action.name} ${key}: docker compose ${JSON.stringify(wanted[key])}, ours ${JSON.stringify(given[key])}`);
      }
    }
    expect(differences).toEqual([]);
    expect(compared).toBeGreaterThan(180);
  });

  it('describes networks and volumes as docker compose does', async () => {
    const model = await fixtureProject('every-attribute.yaml', '/srv/rich');
    const plan = upPlan(model, emptyWorld(model));
    const withoutOurs = (labels: Readonly<Record<string, string>> | null | undefined) => Object.fromEntries(Object.entries(labels ?? {}).filter(([key]) => !key.startsWith('dev.tscompose.')));
    const networks = plan.steps.flatMap((step) => (step.action.kind === 'createNetwork' ? [step.action.body] : []));
    expect(Object.fromEntries(networks.map((n) => [n.Name, [n.Internal, n.EnableIPv6, withoutOurs(n.Labels)]]))).toEqual(
      Object.fromEntries(Object.entries(recorded.networks).map(([name, n]) => [name, [n.Internal, n.EnableIPv6, n.Labels]])),
    );
    expect(networks.find((n) => n.Name === 'rich_back')?.IPAM).toEqual({ Config: [{ Subnet: '10.99.7.0/24' }] });
    const volume = plan.steps.find((step) => step.action.kind === 'createVolume')?.action;
    expect(volume?.kind === 'createVolume' && withoutOurs(volume.body.Labels)).toEqual({ 'com.docker.compose.project': 'rich', 'com.docker.compose.version': '2.26.1', 'com.docker.compose.volume': 'data', v: '1' });
  });

  const requestOf = (service: ServiceInput, extra: Omit<Parameters<typeof project>[0], 'services'> = {}, apiVersion = '1.45') => {
    const model = project({ ...extra, services: { web: service } });
    const plan = upPlan(model, { ...emptyWorld(model), apiVersion });
    const create = plan.steps.find((step) => step.action.kind === 'createContainer')?.action;
    if (create?.kind !== 'createContainer') throw new Error('nothing is created');
    return { body: create.body, host: create.body.HostConfig ?? {}, steps: plan.steps };
  };

  it('carries one network and connects the others afterwards on an engine before API 1.44', () => {
    const networks = { a: null, b: { aliases: ['bee'] } };
    const { body, steps } = requestOf({ networks }, { networks: { a: {}, b: {} } }, '1.43');
    expect(Object.keys(body.NetworkingConfig?.EndpointsConfig ?? {})).toEqual(['demo_a']);
    const connect = steps.find((step) => step.action.kind === 'connectNetwork')?.action;
    expect(connect?.kind === 'connectNetwork' && [connect.network, connect.endpoint.Aliases]).toEqual(['demo_b', ['demo-web-1', 'web', 'bee']]);
  });

  it('makes the network with the highest priority the main one', () => {
    expect(requestOf({ networks: { a: null, b: { priority: 5 } } }, { networks: { a: {}, b: {} } }).host.NetworkMode).toBe('demo_b');
  });

  it('gives a MAC address to the endpoint, or to the container on an engine before API 1.44', () => {
    const service = { mac_address: '02:42:ac:11:00:09' };
    expect(requestOf(service).body.NetworkingConfig?.EndpointsConfig?.['demo_default']?.MacAddress).toBe(service.mac_address);
    expect(requestOf(service, {}, '1.43').body.MacAddress).toBe(service.mac_address);
    expect(() => requestOf({ ...service, networks: { default: { mac_address: '02:42:ac:11:00:10' } } })).toThrow(/same value/);
  });

  it('mounts a bind whose path the short form cannot say in the long form, and lets the engine create it', () => {
    const bind = { type: 'bind', source: '/a:b', target: '/x', bind: { create_host_path: true } } as const;
    expect(requestOf({ volumes: [bind] }).host).toMatchObject({ Mounts: [{ Type: 'bind', Source: '/a:b', Target: '/x', BindOptions: { CreateMountpoint: true } }] });
    expect(requestOf({ volumes: [{ ...bind, source: '/ab' }] }).host.Binds).toEqual(['/ab:/x:rw']);
  });

  it('lets a volume win over a config at the same place', () => {
    const service: ServiceInput = { volumes: [{ type: 'tmpfs', target: '/conf' }], configs: [{ source: 'conf', target: '/conf' }] };
    expect(requestOf(service, { configs: { conf: { file: '/f' } } }).host.Mounts?.map((mount) => mount.Type)).toEqual(['tmpfs']);
  });

  it('refuses to copy a secret into a service that is read-only, and mounts one from a file', () => {
    const secrets = { text: { content: 'x' }, file: { file: '/f' } };
    expect(() => requestOf({ read_only: true, secrets: [{ source: 'text' }] }, { secrets })).toThrow('secret text cannot be written into a service that is read_only');
    expect(requestOf({ read_only: true, secrets: [{ source: 'file' }] }, { secrets }).host.Mounts).toEqual([{ Type: 'bind', Source: '/f', Target: '/run/secrets/file', ReadOnly: true }]);
  });

  it('takes limits from deploy before those of the service', () => {
    const service: ServiceInput = { mem_limit: 100, cpus: 2, pids_limit: 9, deploy: { resources: { limits: { memory: 50, cpus: 0.5, pids: 3 } } } };
    expect(requestOf(service).host).toMatchObject({ Memory: 50, NanoCpus: 500_000_000, PidsLimit: 3 });
  });

  it('asks for every GPU, or for those that are named', () => {
    expect(requestOf({ gpus: [{ count: -1 }] }).host.DeviceRequests).toEqual([{ Capabilities: [['gpu']], Count: -1 }]);
    expect(requestOf({ gpus: [{ device_ids: ['1'], driver: 'nvidia' }] }).host.DeviceRequests).toEqual([{ Capabilities: [['gpu']], Count: 0, DeviceIDs: ['1'], Driver: 'nvidia' }]);
  });

  it('sends a seccomp profile by content, and takes the system paths open', () => {
    const model = project({ services: { web: { security_opt: ['seccomp=p.json', 'systempaths=unconfined', 'no-new-privileges'] } } });
    const plan = upPlan(model, emptyWorld(model), {}, { objects: new Map(), seccomp: new Map([['p.json', '{"defaultAction":"SCMP_ACT_ALLOW"}']]) });
    const create = plan.steps.find((step) => step.action.kind === 'createContainer')?.action;
    expect(create?.kind === 'createContainer' && create.body.HostConfig).toMatchObject({ SecurityOpt: ['seccomp={"defaultAction":"SCMP_ACT_ALLOW"}', 'no-new-privileges'], MaskedPaths: [], ReadonlyPaths: [] });
  });
});

import { describe, expect, it } from 'vitest';
import { formatPlan } from '../../../src/controller/index.ts';
import { dependsOn, project, type ProjectInput } from './model.ts';
import { emptyWorld, follow, image, upPlan } from './world.ts';
import type { UpOptions } from '../../../src/controller/index.ts';
import type { ObservedState } from '../../../src/controller/index.ts';

/** Ids of containers are made up as the world goes; tests show them as `<id>`. */
const text = (plan: ReturnType<typeof upPlan>): string => formatPlan(plan).replace(/[0-9a-f]{12}(?=_)/g, '<id>').replace(/ {2,}/g, '  ');

/** The world after `up` of a project. */
function running(input: ProjectInput): ObservedState {
  const model = project(input);
  return follow(emptyWorld(model), upPlan(model, emptyWorld(model)), model);
}

function planAfter(before: ProjectInput, after: ProjectInput, options: UpOptions = {}): string {
  return text(upPlan(project(after), { ...running(before), images: emptyWorld(project(after)).images }, options));
}

const healthy = { condition: 'service_healthy', required: true } as const;
const completed = { condition: 'service_completed_successfully', required: true } as const;

describe('planUp on an empty engine', () => {
  it('makes networks, then containers, then starts them in order with their waits', () => {
    const model = project({ services: { web: { depends_on: dependsOn(['db', healthy]) }, db: {} } });
    expect(formatPlan(upPlan(model, emptyWorld(model)))).toBe(
      [
        '#1 []     network demo_default  create  not found',
        '#2 [1]    container demo-db-1   create  not found',
        '#3 [1]    container demo-web-1  create  not found',
        '#4 [2]    container demo-db-1   start   created by #2',
        '#5 [4]    service db            wait    service_healthy, for web',
        '#6 [3,5]  container demo-web-1  start   created by #3',
        '',
      ].join('\n'),
    );
  });

  it('lets services that need nothing of each other wait for nothing of each other', () => {
    const model = project({ services: { a: {}, b: {} } });
    const plan = upPlan(model, emptyWorld(model));
    expect(plan.steps.map((step) => step.after)).toEqual([[], [1], [1], [2], [3]]);
  });

  it('waits for a dependency once, whoever waits, and separately when it is optional for one', () => {
    const optional = { ...healthy, required: false };
    const model = project({ services: { db: {}, a: { depends_on: dependsOn(['db', healthy]) }, b: { depends_on: dependsOn(['db', healthy]) }, c: { depends_on: dependsOn(['db', optional]) } } });
    const waits = upPlan(model, emptyWorld(model)).steps.filter((step) => step.action.kind === 'waitFor');
    expect(waits.map((step) => [step.reason, step.bestEffort])).toEqual([
      ['service_healthy, for a, b', undefined],
      ['service_healthy, for c', true],
    ]);
  });

  it('makes a container that shares another one\'s network after that one exists', () => {
    const model = project({ services: { vpn: {}, app: { network_mode: 'service:vpn' } } });
    expect(text(upPlan(model, emptyWorld(model)))).toBe(
      '#1 []  network demo_default  create  not found\n' +
        '#2 [1]  container demo-vpn-1  create  not found\n' +
        '#3 [2]  container demo-app-1  create  not found\n' +
        '#4 [2]  container demo-vpn-1  start  created by #2\n' +
        '#5 [3,4]  container demo-app-1  start  created by #3\n',
    );
  });

  it('pulls what is missing and builds what can be built', () => {
    const model = project({ services: { db: { image: 'postgres' }, api: { image: 'shop/api', build: { context: '/srv' } }, web: { build: { context: '/srv' }, image: undefined } } });
    const plan = upPlan(model, { ...emptyWorld(model), images: {} });
    expect(text(plan).split('\n').slice(0, 3)).toEqual(['#1 []  image shop/api  pull or build  not found', '#2 []  image postgres  pull  not found', '#3 []  image demo-web  build  not found']);
  });

  it('starts nothing with noStart', () => {
    const model = project({ services: { web: {} } });
    expect(upPlan(model, emptyWorld(model), { noStart: true }).steps.map((step) => step.action.kind)).toEqual(['createNetwork', 'createContainer']);
  });

  it('brings a named service up with what it needs, and alone with noDeps', () => {
    const model = project({ services: { web: { depends_on: dependsOn('db') }, db: {}, other: {} } });
    const names = (options: UpOptions) => upPlan(model, emptyWorld(model), options).steps.flatMap((step) => (step.action.kind === 'startContainer' ? [step.action.service] : []));
    expect(names({ services: ['web'] })).toEqual(['db', 'web']);
    expect(names({ services: ['web'], noDeps: true })).toEqual(['web']);
  });
});

describe('planUp on what an earlier up made', () => {
  const stack: ProjectInput = {
    services: {
      web: { depends_on: dependsOn(['db', healthy], ['job', completed]), volumes: [{ type: 'volume', source: 'data', target: '/data' }], scale: 2 },
      db: {},
      job: { command: ['true'] },
      app: { network_mode: 'service:db' },
    },
    volumes: { data: {} },
  };

  it('does nothing when nothing changed', () => {
    expect(planAfter(stack, stack)).toBe('');
  });

  it('does not touch an unchanged service beside a changed one', () => {
    const before: ProjectInput = { services: { a: {}, b: {} } };
    expect(planAfter(before, { services: { a: {}, b: { user: 'nobody' } } })).toBe(
      '#1 []  container <id>_demo-b-1  create  configuration changed\n' +
        '#2 [1]  container demo-b-1  stop  configuration changed\n' +
        '#3 [2]  container demo-b-1  remove  configuration changed\n' +
        '#4 [3]  container <id>_demo-b-1  rename to demo-b-1  configuration changed\n' +
        '#5 [4]  container demo-b-1  start  created by #1\n',
    );
  });

  it('recreates a container whose image changed', () => {
    const model = project({ services: { web: {} } });
    const world = { ...running({ services: { web: {} } }), images: { busybox: image('sha256:new') } };
    expect(upPlan(model, world).steps[0]?.reason).toBe('image changed');
  });

  it('recreates whoever needs a recreated service, as docker compose does', () => {
    const before: ProjectInput = { services: { web: { depends_on: dependsOn('db') }, db: {}, other: {} } };
    const after: ProjectInput = { services: { web: { depends_on: dependsOn('db') }, db: { user: '1' }, other: {} } };
    const reasons = upPlan(project(after), running(before)).steps.flatMap((step) => (step.action.kind === 'createContainer' ? [`${step.action.service}: ${step.reason}`] : []));
    expect(reasons).toEqual(['db: configuration changed', 'web: db is replaced']);
  });

  it('recreates everything named when forced, and nothing when recreation is refused', () => {
    const before: ProjectInput = { services: { web: { depends_on: dependsOn('db') }, db: {} } };
    const created = (options: UpOptions) => upPlan(project(before), running(before), options).steps.flatMap((step) => (step.action.kind === 'createContainer' ? [step.action.service] : []));
    expect(created({ forceRecreate: true })).toEqual(['db', 'web']);
    expect(created({ forceRecreate: true, services: ['web'] })).toEqual(['web']);
    expect(created({ forceRecreate: true, alwaysRecreateDeps: true, services: ['web'] })).toEqual(['db', 'web']);
    expect(planAfter(before, { services: { web: { depends_on: dependsOn('db'), user: '1' }, db: {} } }, { noRecreate: true })).toBe('');
  });

  it('kills and removes in one step what has no time to stop', () => {
    const before: ProjectInput = { services: { web: { stop_grace_period: 0 } } };
    expect(planAfter(before, before, { forceRecreate: true })).toBe(
      '#1 []  container <id>_demo-web-1  create  forced\n' +
        '#2 [1]  container demo-web-1  remove  forced\n' +
        '#3 [2]  container <id>_demo-web-1  rename to demo-web-1  forced\n' +
        '#4 [3]  container demo-web-1  start  created by #1\n',
    );
  });

  it('lets the highest numbers go when scaled down, and counts on when scaled up', () => {
    const three: ProjectInput = { services: { web: { scale: 3 } } };
    expect(planAfter(three, three, { scale: { web: 1 } })).toBe(
      '#1 []  container demo-web-3  stop  scaled down to 1\n#2 [1]  container demo-web-3  remove  scaled down to 1\n' +
        '#3 []  container demo-web-2  stop  scaled down to 1\n#4 [3]  container demo-web-2  remove  scaled down to 1\n',
    );
    expect(planAfter({ services: { web: {} } }, { services: { web: {} } }, { scale: { web: 2 } })).toBe('#1 []  container demo-web-2  create  scaled up\n#2 [1]  container demo-web-2  start  created by #1\n');
  });

  it('refuses to scale a service with a name of its own', () => {
    const model = project({ services: { web: { container_name: 'w', scale: 2 } } });
    expect(() => upPlan(model, emptyWorld(model))).toThrow(/custom container name "w"/);
  });

  it('starts what stopped and unpauses what is paused', () => {
    const world = running({ services: { a: {}, b: {} } });
    const containers = world.containers.map((c) => ({ ...c, state: c.service === 'a' ? ('exited' as const) : ('paused' as const), exitCode: 1 }));
    expect(text(upPlan(project({ services: { a: {}, b: {} } }), { ...world, containers }))).toBe('#1 []  container demo-a-1  start  is exited\n#2 []  container demo-b-1  unpause  is paused\n');
  });

  it('does not repeat a job that did its work, unless it changed, failed or is named', () => {
    const world = running(stack);
    const model = project(stack);
    expect(world.containers.find((c) => c.service === 'job')?.state).toBe('exited');
    expect(text(upPlan(model, world))).toBe('');
    expect(text(upPlan(model, world, { services: ['job'] }))).toBe('#1 []  container demo-job-1  start  is exited\n');
    const failed = { ...world, containers: world.containers.map((c) => (c.service === 'job' ? { ...c, exitCode: 2 } : c)) };
    expect(text(upPlan(model, failed))).toBe('#1 []  container demo-job-1  start  is exited\n');
  });

  it('waits for a running dependency that is not healthy yet only when someone has to start', () => {
    const input: ProjectInput = { services: { web: { depends_on: dependsOn(['db', healthy]) }, db: {} } };
    const world = running(input);
    const starting = { ...world, containers: world.containers.map((c) => (c.service === 'db' ? { ...c, health: 'starting' as const } : c)) };
    expect(text(upPlan(project(input), starting))).toBe('');
    const webDown = { ...starting, containers: starting.containers.map((c) => (c.service === 'web' ? { ...c, state: 'exited' as const } : c)) };
    expect(text(upPlan(project(input), webDown))).toBe('#1 []  service db  wait  service_healthy, for web\n#2 [1]  container demo-web-1  start  is exited\n');
  });

  it('waits for every selected service with wait, and not for those that are ready', () => {
    const input: ProjectInput = { services: { web: {}, db: {} } };
    const world = running(input);
    const starting = { ...world, containers: world.containers.map((c) => (c.service === 'db' ? { ...c, health: 'starting' as const } : c)) };
    expect(text(upPlan(project(input), starting, { wait: true, waitTimeoutMs: 1000 }))).toBe('#1 []  service db  wait  running_or_healthy, for --wait\n');
  });

  it('lets a container that takes over a port start after its holder has stopped', () => {
    const ports = [{ mode: 'ingress', target: 80, published: '8080', protocol: 'tcp' }] as const;
    const plan = upPlan(project({ services: { old: {}, new: { ports } } }), { ...running({ services: { old: { ports } } }), images: emptyWorld(project({ services: { a: {} } })).images });
    const stop = plan.steps.find((step) => step.action.kind === 'stopContainer');
    const start = plan.steps.find((step) => step.action.kind === 'startContainer' && step.action.service === 'new');
    expect(stop && start?.after).toContain(stop?.id);
  });

  it('carries anonymous volumes over, and makes new ones with renewAnonVolumes', () => {
    const input: ProjectInput = { services: { web: { volumes: [{ type: 'volume', target: '/cache' }] } } };
    const world = running(input);
    const named = world.containers[0]?.mounts[0]?.Name;
    const mounts = (options: UpOptions) => upPlan(project(input), world, { forceRecreate: true, ...options }).steps.flatMap((step) => (step.action.kind === 'createContainer' ? (step.action.body.HostConfig?.Mounts ?? []) : []));
    expect(mounts({})).toEqual([{ Type: 'volume', Target: '/cache', Source: named }]);
    expect(mounts({ renewAnonVolumes: true })).toEqual([{ Type: 'volume', Target: '/cache' }]);
  });

  it('restarts a running dependent outside the selection that asked for it', () => {
    const services = (user: string) => ({ db: { user }, web: { depends_on: dependsOn(['db', { condition: 'service_started', required: true, restart: true }]) } });
    const plan = upPlan(project({ services: services('2') }), running({ services: services('1') }), { services: ['db'] });
    expect(text(plan).split('\n').at(-2)).toBe('#6 [5]  container demo-web-1  restart  db is replaced');
  });
});

describe('planUp and what is in the way', () => {
  it('warns of orphans, removes them when told to, and is silent when told to', () => {
    const world = running({ services: { web: {}, old: {} } });
    const model = project({ services: { web: {} } });
    expect(upPlan(model, world).warnings.map((warning) => warning.message)).toEqual([expect.stringContaining('Found orphan containers ([demo-old-1])')]);
    expect(upPlan(model, world, { ignoreOrphans: true }).warnings).toEqual([]);
    expect(text(upPlan(model, world, { removeOrphans: true }))).toBe('#1 []  container demo-old-1  stop  orphan\n#2 [1]  container demo-old-1  remove  orphan\n');
  });

  it('demands external networks and volumes', () => {
    const net = project({ services: { web: { networks: { x: null } } }, networks: { x: { name: 'shared', external: true } } });
    expect(() => upPlan(net, emptyWorld(net))).toThrow('network shared declared as external, but could not be found');
    const vol = project({ services: { web: { volumes: [{ type: 'volume', source: 'v', target: '/v' }] } }, volumes: { v: { name: 'shared', external: true } } });
    expect(() => upPlan(vol, emptyWorld(vol))).toThrow('external volume "shared" not found');
  });

  it('refuses a network of that name that is not this project\'s', () => {
    const model = project({ services: { web: {} } });
    const world = emptyWorld(model);
    const foreign = { ...world, networks: [...world.networks, { id: 'x', name: 'demo_default', labels: {} }] };
    expect(() => upPlan(model, foreign)).toThrow('network demo_default was found but has incorrect label com.docker.compose.network set to ""');
  });

  it('warns of a volume that another project made, and uses it', () => {
    const input: ProjectInput = { services: { web: { volumes: [{ type: 'volume', source: 'v', target: '/v' }] } }, volumes: { v: { name: 'data' } } };
    const model = project(input);
    const world = { ...emptyWorld(model), volumes: [{ name: 'data', driver: 'local', labels: { 'com.docker.compose.project': 'other' } }] };
    const plan = upPlan(model, world);
    expect(plan.warnings.map((warning) => warning.message)).toEqual([expect.stringContaining('volume "data" already exists but was created for project "other" (expected "demo")')]);
    expect(plan.steps.some((step) => step.action.kind === 'createVolume')).toBe(false);
  });

  it('makes a changed network anew: its containers go first, others come back', () => {
    const before: ProjectInput = { services: { web: { networks: { front: null } }, side: { networks: { front: null } } }, networks: { front: {} } };
    const after: ProjectInput = { ...before, networks: { front: { internal: true } } };
    expect(planAfter(before, after, { services: ['web'] })).toBe(
      '#1 []  container demo-web-1  stop  network demo_front changed\n' +
        '#2 [1]  container demo-web-1  remove  network demo_front changed\n' +
        '#3 []  container demo-side-1  disconnect demo_front  network demo_front changed\n' +
        '#4 [2,3]  network demo_front  remove  configuration changed\n' +
        '#5 [4]  network demo_front  create  configuration changed\n' +
        '#6 [5]  container demo-side-1  connect demo_front  network demo_front changed\n' +
        '#7 [2,5]  container demo-web-1  create  network demo_front changed\n' +
        '#8 [7]  container demo-web-1  start  created by #7\n',
    );
  });

  it('recreates a container whose network someone made anew', () => {
    const world = running({ services: { web: {} } });
    const networks = world.networks.map((n) => (n.name === 'demo_default' ? { ...n, id: 'other' } : n));
    expect(upPlan(project({ services: { web: {} } }), { ...world, networks }).steps[0]?.reason).toBe('network demo_default was made anew');
  });

  it('says which image is missing when it must not be pulled', () => {
    const model = project({ services: { web: { pull_policy: 'never' } } });
    expect(() => upPlan(model, { ...emptyWorld(model), images: {} })).toThrow('No such image: busybox');
  });

  it('takes an image from the service that builds it, whatever the pull policy of those that share it', () => {
    const model = project({ services: { job: { image: 'shared', pull_policy: 'never' }, web: { image: 'shared', build: { context: '/x' } } } });
    const plan = upPlan(model, { ...emptyWorld(model), images: {} }, { build: true });
    expect(plan.steps.filter((step) => /Image$/.test(step.action.kind)).map((step) => step.action)).toMatchObject([{ kind: 'buildImage', service: 'web' }]);
  });
});

describe('planUp after a crash in the middle of a replacement', () => {
  const before: ProjectInput = { services: { web: {} } };
  const after: ProjectInput = { services: { web: { user: '1' } } };

  it('drops the replacement that did not get its place, and replaces anew', () => {
    const start = running(before);
    const plan = upPlan(project(after), start);
    const stop = plan.steps.find((step) => step.action.kind === 'stopContainer')?.id ?? 0;
    const world = follow(start, plan, project(after), stop);
    const next = text(upPlan(project(after), world));
    expect(next).toContain('left over from an interrupted replacement');
    expect(next).toContain('create  configuration changed');
  });

  it('gives the replacement its name when only that was missing', () => {
    const start = running(before);
    const plan = upPlan(project(after), start);
    const rename = plan.steps.find((step) => step.action.kind === 'renameContainer')?.id ?? 0;
    const world = follow(start, plan, project(after), rename);
    expect(text(upPlan(project(after), world))).toBe(
      '#1 []  container <id>_demo-web-1  rename to demo-web-1  its replacement was interrupted\n#2 [1]  container demo-web-1  start  is created\n',
    );
  });
});

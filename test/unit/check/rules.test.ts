import { describe, expect, it } from 'vitest';
import { RULES } from '../../../src/check/index.ts';
import { ProjectFolder, linesOf } from './project-folder.ts';

interface Case {
  readonly rule: string;
  /** Lines with `#!` are where the rule must speak, and nowhere else. */
  readonly compose: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly level?: string;
  readonly environment?: Record<string, string>;
}

const CASES: readonly Case[] = [
  { rule: 'version.obsolete', compose: 'version: "3" #!\nservices: {a: {image: "a:1"}}\n' },
  { rule: 'interpolation.unset', compose: 'services:\n  a:\n    image: a:${TAG} #!\n' },
  { rule: 'external.name', compose: 'services: {a: {image: "a:1", networks: [n]}}\nnetworks:\n  n:\n    external:\n      name: other #!\n' },
  { rule: 'schema.unknownKey', compose: 'services:\n  a:\n    imag: x #!\n    image: a:1\n' },
  { rule: 'graph.cycle', level: 'error', compose: 'services:\n  a:\n    image: a:1\n    depends_on:\n      - b #!\n  b:\n    image: a:1\n    depends_on: [a]\n' },
  { rule: 'healthcheck.missing', level: 'warning', compose: 'services:\n  a:\n    image: a:1\n    depends_on:\n      b: #!\n        condition: service_healthy\n      c: {condition: service_healthy}\n      d: {condition: service_started}\n  b: {image: a:1}\n  c: {image: a:1, healthcheck: {test: "true"}}\n  d: {image: a:1}\n' },
  { rule: 'healthcheck.missing', level: 'error', compose: 'services:\n  a:\n    image: a:1\n    depends_on:\n      b: #!\n        condition: service_healthy\n  b: {image: a:1, healthcheck: {disable: true}}\n' },
  { rule: 'dependency.profile', compose: 'services:\n  a:\n    image: a:1\n    profiles: [x]\n    depends_on:\n      - b #!\n      - c\n      - d\n  b: {image: a:1, profiles: [y]}\n  c: {image: a:1, profiles: [x, y]}\n  d: {image: a:1}\n' },
  { rule: 'port.clash', level: 'error', compose: 'services:\n  a:\n    image: a:1\n    ports: ["80:80", "81:80", "127.0.0.1:82:80", "83:83/udp"]\n  b:\n    image: a:1\n    ports:\n      - "80:80" #!\n      - "127.0.0.2:82:80"\n      - "83:83/tcp"\n      - "127.0.0.1:81:80" #!\n' },
  { rule: 'port.clash', compose: 'services:\n  a: {image: "a:1", profiles: [x], ports: ["80:80"]}\n  b: {image: "a:1", profiles: [y], ports: ["80:80"]}\n' },
  { rule: 'port.scale', compose: 'services:\n  a:\n    image: a:1\n    scale: 3\n    ports:\n      - "80:80" #!\n      - "8080-8082:80"\n      - "443"\n' },
  { rule: 'port.interfaces', level: 'info', compose: 'services:\n  a:\n    image: a:1\n    ports:\n      - "80:80" #!\n      - "127.0.0.1:81:80"\n      - "82"\n' },
  { rule: 'port.hostNetwork', compose: 'services:\n  a:\n    image: a:1\n    network_mode: host\n    ports: #!\n      - "80:80"\n' },
  { rule: 'image.untagged', compose: 'services:\n  a:\n    image: reg:5000/a #!\n  b: {image: "a@sha256:0123456789012345678901234567890123456789012345678901234567890123"}\n  c: {image: c, build: .}\n' },
  { rule: 'image.latest', compose: 'services:\n  a:\n    image: a:latest #!\n  b: {image: "reg:5000/latest:1"}\n' },
  { rule: 'build.missing', compose: 'services:\n  a:\n    build: ./nowhere #!\n  b:\n    build:\n      context: .\n      dockerfile: Other #!\n  c: {build: ./c}\n', files: { 'c/Dockerfile': '' } },
  { rule: 'secret.plain', compose: 'services:\n  a:\n    image: a:1\n    environment:\n      DB_PASSWORD: hunter2 #!\n      OTHER_PASSWORD: ${PW:?}\n      TOKEN_FILE: /run/secrets/x\n      API_KEY: abc123 #!\n      PUBLIC_KEY: abc\n      ALLOW_EMPTY_PASSWORD: "yes"\n      URL: postgres://u:pw@db/x #!\n      KEYBOARD: de\n', environment: { PW: 'x' } },
  { rule: 'env.quotes', compose: 'services:\n  a:\n    image: a:1\n    environment:\n      - A="b" #!\n      - "B=c d"\n      - C = d #!\n' },
  { rule: 'env.duplicate', compose: 'services:\n  a:\n    image: a:1\n    environment:\n      - A=1\n      - A=2 #!\n      - AA=2\n' },
  { rule: 'yaml.norway', compose: 'services:\n  a:\n    image: a:1\n    restart: no #!\n    environment:\n      A: "no"\n      B: on #!\n      C: true\n      D: none\n' },
  { rule: 'yaml.sexagesimal', compose: 'services:\n  a:\n    image: a:1\n    ports:\n      - 22:22 #!\n      - 8080:80\n      - "23:23"\n' },
  { rule: 'yaml.number', compose: 'services:\n  a:\n    image: a:1\n    environment:\n      UMASK: 0022 #!\n      VERSION: 1.10 #!\n      N: 10\n      Q: "0022"\n    ulimits: {nofile: 0100}\n' },
  { rule: 'yaml.date', compose: 'services:\n  a:\n    image: a:1\n    environment:\n      D: 2024-01-02 #!\n      E: "2024-01-02"\n' },
  { rule: 'yaml.quotes', compose: 'services:\n  a:\n    image: \u201ca:1\u201d #!\n    hostname: h\n    command: echo \u201ca\u201d b\n    labels: {a: "\u201ca\u201d"}\n' },
  { rule: 'bind.missing', level: 'warning', compose: 'services:\n  a:\n    image: a:1\n    volumes:\n      - ./nowhere:/x #!\n      - ./here:/y\n      - /var/run/none.sock:/z\n', files: { 'here/f': '' } },
  { rule: 'file.missing', compose: 'services: {a: {image: "a:1", secrets: [s, t]}}\nsecrets:\n  s:\n    file: ./nowhere #!\n  t: {file: ./t}\n', files: { t: '' } },
  { rule: 'volume.folder', compose: 'services:\n  a:\n    image: a:1\n    volumes:\n      - data:/data #!\n      - other:/x\nvolumes: {data: {}, other: {}}\n', files: { 'data/f': '' } },
  { rule: 'include.empty', compose: 'include:\n  - project_directory: . #!\nservices: {a: {image: "a:1"}}\n' },
  { rule: 'unused.network', compose: 'services: {a: {image: "a:1", networks: [x]}}\nnetworks:\n  x: {}\n  y: {} #!\n  default: {}\n' },
  { rule: 'unused.volume', compose: 'services: {a: {image: "a:1", volumes: ["vol:/x"], profiles: [p]}}\nvolumes:\n  vol: {}\n  y: {} #!\n' },
  { rule: 'unused.secret', compose: 'services: {a: {image: "a:1"}}\nsecrets:\n  s: {environment: X} #!\n' },
  { rule: 'unused.config', compose: 'services: {a: {image: "a:1"}}\nconfigs:\n  s: {content: x} #!\n' },
  { rule: 'restart.invalid', level: 'error', compose: 'services:\n  a:\n    image: a:1\n    restart: allways #!\n  b: {image: "a:1", restart: "on-failure:3"}\n' },
  { rule: 'container.duplicate', compose: 'services:\n  a: {image: "a:1", container_name: same}\n  b:\n    image: a:1\n    container_name: same #!\n' },
  { rule: 'attribute.ignored', compose: 'services:\n  a:\n    image: a:1\n    deploy:\n      replicas: 2\n      placement: {constraints: [x]} #!\n' },
  { rule: 'security.privileged', compose: 'services:\n  a:\n    image: a:1\n    privileged: true #!\n  b: {image: "a:1", privileged: false}\n' },
  { rule: 'security.socket', compose: 'services:\n  a:\n    image: a:1\n    volumes:\n      - /var/run/docker.sock:/x #!\n      - /tmp:/y\n' },
  { rule: 'security.capability', compose: 'services:\n  a:\n    image: a:1\n    cap_add:\n      - CAP_SYS_ADMIN #!\n      - NET_ADMIN\n' },
  { rule: 'security.hostNamespace', compose: 'services:\n  a:\n    image: a:1\n    pid: host #!\n    ipc: private\n' },
];

describe('a rule finds what it is for, and nothing else', () => {
  for (const { rule, compose, files = {}, level, environment = {} } of CASES) {
    it(`${rule}${level === undefined ? '' : ` (${level})`}: ${compose.split('\n').find((line) => line.includes('#!'))?.trim() ?? 'nothing'}`, async () => {
      using folder = new ProjectFolder({ 'compose.yaml': compose.replaceAll(/ #!/g, ''), ...files });
      const { findings } = await folder.check({ load: { environment } });
      const expected = compose.split('\n').flatMap((line, index) => (line.endsWith('#!') ? [index + 1] : []));
      const own = findings.filter((finding) => finding.code === rule);
      expect(own.map((finding) => finding.range?.start.line)).toEqual(expected);
      if (level !== undefined) for (const finding of own) expect(finding.severity).toBe(level);
    });
  }

  it('has a case for each rule that does not need more than one file', () => {
    const elsewhere = ['file.ambiguous', 'env.expanded', 'unused.profile', 'unused.variable', 'check.settings'];
    const missing = RULES.map((rule) => rule.id).filter((id) => !elsewhere.includes(id) && !CASES.some((one) => one.rule === id));
    expect(missing).toEqual([]);
  });
});

describe('rules about other files', () => {
  const compose = 'services:\n  a:\n    image: a:${TAG}\n    environment:\n      - GIVEN\n    env_file: more.env\n';

  it('finds unused variables, and leaves alone what is used in any way', async () => {
    using folder = new ProjectFolder({ 'compose.yaml': compose, '.env': 'BASE=1\nTAG=${BASE}\nGIVEN=2\nCOMPOSE_PROJECT_NAME=x\nLOST=3\n', 'more.env': 'ANY=1\n' });
    expect(linesOf(await folder.check())).toEqual(['.env:5 unused.variable']);
  });

  it('finds unused variables in the env files of includes', async () => {
    using folder = new ProjectFolder({
      'compose.yaml': 'include: [{path: a/a.yaml, env_file: a.env}, b/b.yaml]\nservices: {}\n',
      'a/a.yaml': 'services: {a: {image: "a:$A"}}\n',
      'a/.env': 'IGNORED=1\n',
      'a.env': 'A=1\nLOST=1\n',
      'b/b.yaml': 'services: {b: {image: "b:$B"}}\n',
      'b/.env': 'GONE=1\nB=1\n',
    });
    expect(linesOf(await folder.check()).sort()).toEqual(['a.env:2 unused.variable', 'b/.env:1 unused.variable']);
  });

  it('takes a .env that a service reads as used', async () => {
    using folder = new ProjectFolder({ 'compose.yaml': 'services: {a: {image: "a:1", env_file: .env}}\n', '.env': 'LOST=3\n' });
    expect(linesOf(await folder.check())).toEqual([]);
  });

  it('finds a "$" that takes part of a value away', async () => {
    using folder = new ProjectFolder({ 'compose.yaml': compose, '.env': "TAG=1\nGIVEN=2\n", 'more.env': "A=pa$word\nB='pa$word'\nC=${TAG}x\nD=$A\nE=${NONE:-x}\n" });
    expect(linesOf(await folder.check())).toEqual(['more.env:1 env.expanded']);
  });

  it('finds variables that are set twice', async () => {
    using folder = new ProjectFolder({ 'compose.yaml': compose, '.env': 'TAG=1\nGIVEN=2\nTAG=2\n', 'more.env': 'A="x\nA=1\n"\nB=1\n' });
    expect(linesOf(await folder.check())).toEqual(['.env:3 env.duplicate']);
  });

  it('finds a profile that switches nothing on', async () => {
    using folder = new ProjectFolder({ 'compose.yaml': 'services: {a: {image: "a:1", profiles: [p]}}\n' });
    expect(linesOf(await folder.check({ load: { profiles: ['p', 'q'] } }))).toEqual(['- unused.profile']);
  });

  it('still looks at the files when the project cannot be loaded', async () => {
    using folder = new ProjectFolder({ 'compose.yaml': 'services:\n  a:\n    imag: x\n    restart: no\n' });
    expect(linesOf(await folder.check())).toEqual(['compose.yaml:3 schema.unknownKey', 'compose.yaml:4 yaml.norway']);
  });

  it('looks into included and extended files', async () => {
    const other = 'services:\n  b:\n    image: b:1\n    restart: no\n';
    using folder = new ProjectFolder({ 'compose.yaml': 'include: [sub/b.yaml]\nservices:\n  a:\n    extends: {file: base.yaml, service: b}\n', 'sub/b.yaml': other, 'base.yaml': other });
    expect(linesOf(await folder.check()).sort()).toEqual(['base.yaml:4 yaml.norway', 'sub/b.yaml:4 yaml.norway']);
  });
});

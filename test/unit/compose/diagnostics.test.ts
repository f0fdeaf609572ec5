import { describe, expect, it } from 'vitest';
import type { Diagnostic } from '../../../src/base/index.ts';
import { loadProject } from '../../../src/compose/index.ts';
import { memoryReader } from '../../property/compose/mutate.ts';

async function diagnose(files: string | Readonly<Record<string, string>>, names?: readonly string[]): Promise<readonly Diagnostic[]> {
  const all = typeof files === 'string' ? { 'compose.yaml': files } : files;
  const reader = memoryReader(Object.fromEntries(Object.entries(all).map(([name, text]) => [`/p/${name}`, text])));
  const { diagnostics } = await loadProject({ workingDirectory: '/p', environment: {}, reader, ...(names ? { files: names } : {}) });
  return diagnostics;
}

/** `line:column code message | hint` for every diagnostic. */
async function lines(files: Parameters<typeof diagnose>[0], names?: readonly string[]): Promise<string[]> {
  return (await diagnose(files, names)).map(({ range, code, message, hint, related }) => {
    const file = range?.file === 'compose.yaml' ? '' : `${range?.file}:`;
    const at = range ? `${file}${range.start.line}:${range.start.column} ` : '';
    const trail = (related ?? []).map((r) => ` < ${r.message} ${r.range.file}:${r.range.start.line}`).join('');
    return `${at}${code} ${message}${hint === undefined ? '' : ` | ${hint}`}${trail}`;
  });
}

describe('YAML mistakes are explained where they are', () => {
  const cases: readonly [string, string, string][] = [
    ['tabs', 'services:\n\tweb: {image: x}\n', '2:1 yaml.syntax a tab is used for indentation'],
    ['indentation', 'services:\n  web:\n    image: x\n   command: y\n', '4:4 yaml.syntax the indentation of this line fits no line above it'],
    ['an unclosed quote', 'services:\n  web:\n    image: "x\n    command: y\n', '3:12 yaml.syntax this double-quoted string is never closed'],
    ['an unclosed list', 'services:\n  web: {image: x, command: [a, b}\n', '2:33 yaml.syntax "," or "]" is expected here'],
    ['a quote that the next one closes', 'services:\n  web:\n    image: "x\n    command: "y"\n', '4:15 yaml.syntax unexpected text after the end of a string that spans several lines | is the closing quote missing on the line where the string begins? < the string begins here compose.yaml:3'],
    ['a colon without a space', 'services:\n  web:\n    image:x\n    ports: []\n', '| put a space after the ":" of the text above'],
    ['a key that is indented too far', 'services:\n  web:\n    image: x\n     ports: []\n', '4:6 yaml.syntax a key cannot begin here: this line is indented deeper, so it continues the value above | begin it at the column of the key above'],
    ['a merge conflict', 'services:\n  web:\n<<<<<<< HEAD\n    image: x\n', '3:1 yaml.syntax a merge conflict was left in the file'],
    ['a second colon', 'services:\n  web:\n    image: x\n    command: a: b\n', '4:15 yaml.syntax a second ": " on one line'],
    ['a missing space', 'services:\n  web:\n    image:x\n    command: y\n', '4:12 yaml.syntax a mapping key must be on one line'],
    ['a missing colon', 'services:\n  web:\n    image: x\n    command\n', '4:5 yaml.syntax a mapping key with ":" is expected, found "command"'],
    ['an unknown anchor', 'x-a: &one {}\nservices: {web: *two}\n', '2:17 yaml.alias no anchor "&two" comes before this alias | anchors known here: one'],
    ['a duplicate key', 'services:\n  web: {image: x}\n  web: {image: y}\n', '3:3 yaml.duplicateKey the key "web" is defined twice in this mapping'],
    ['a number as key', 'services: {1: {image: x}}\n', '1:12 yaml.keyType the key 1 is read as a number, and keys must be strings | quote it: "1"'],
    ['a control character', 'services: {web: {image: "\u0007"}}\n', '1:26 yaml.encoding the control character U+0007 is not allowed'],
    ['a reserved character', 'services: {web: {image: @x}}\n', '1:25 yaml.syntax a value cannot start with "@" | quote the value'],
    ['a list at the top', '- web\n', '1:1 yaml.root the top level of a Compose file must be a mapping, found a list'],
  ];
  it.each(cases)('%s', async (_name, text, expected) => {
    const [first] = await lines(text);
    expect(first).toContain(expected);
  });
});

describe('what the schema finds comes with a hint', () => {
  const cases: readonly [string, string, string][] = [
    ['a misspelt attribute', 'services:\n  web: {image: x, comand: y}\n', '2:19 schema.unknownKey services.web.comand: unknown attribute | did you mean "command"?'],
    ['a service at the top', 'services: {}\nweb: {image: x}\n', '2:1 schema.unknownKey web: unknown attribute | it looks like a service: put it under "services:", indented'],
    ['an attribute too deep', 'services:\n  web:\n    image: x\n    healthcheck: {test: a, ports: []}\n', '4:28 schema.unknownKey services.web.healthcheck.ports: unknown attribute | "ports" is an attribute of a service: is it indented too far?'],
    ['a number for a string', 'services: {web: {image: x, hostname: 5}}\n', '1:38 schema.type services.web.hostname: must be a string, found the number 5 | quote it: "5"'],
    ['a string for a list', 'services: {web: {image: x, ports: "80"}}\n', '1:35 schema.type services.web.ports: must be a list, found a string | write it as a list: ["80"]'],
    ['null', 'services:\n  web:\n    image: x\n    ports:\n', '4:5 schema.type services.web.ports: must be a list, found null | give it a value, or remove "ports"'],
    ['a value that is not offered', 'services: {a: {image: x, depends_on: {b: {condition: service_helthy}}}, b: {image: y}}\n', 'did you mean "service_healthy"? valid values are service_started, service_healthy, service_completed_successfully'],
    ['a bad name', 'services: {"my web": {image: x}}\n', '1:12 schema.name services["my web"]: "my web" is not a valid name'],
    ['an attribute not indented', 'services:\n  web:\n  image: x\n', '2:3 schema.type services.web: must be a mapping, found null | indent the attributes of "web" below it, or remove it\n3:10 schema.type services.image: must be a mapping, found a string | "image" is an attribute of a service: indent it below "web"'],
    ['an attribute too high', 'services: {web: {image: x, replicas: 2, limits: {}, deploy: {memory: 1g}}}\n', '| "replicas" belongs below "deploy"'],
    ['an attribute too high that looks like another', 'services: {web: {image: x, limits: {}}}\n', '| did you mean "ulimits"? "limits" belongs below "deploy.resources"'],
    ['a limit too high', 'services: {web: {image: x, deploy: {memory: 1g}}}\n', '| "memory" belongs below "deploy.resources.limits"'],
    ['dashes without a space', 'services:\n  web:\n    image: x\n    ports:\n      -80:80\n      -81:81\n', '| put a space after each "-"'],
    ['pairs in a list', 'services:\n  web:\n    image: x\n    environment:\n      - A: secret\n', '| write "A=...", or all of them as "A: ..." without dashes'],
    ['settings in a list', 'services:\n  a: {image: x, depends_on: [{b: {condition: service_healthy}}]}\n  b: {image: x}\n', '| write "b:" without the dash: with settings it is a mapping'],
    ['an equals sign in a mapping', 'services:\n  web:\n    image: x\n    environment:\n      A = secret\n', '| write "A: ..." with a colon'],
    ['a condition alone', 'services:\n  a: {image: x, depends_on: {b: healthy}}\n  b: {image: x}\n', '| write a condition below it: "condition: service_healthy"'],
    ['a part of a value', 'services:\n  a: {image: x, depends_on: {b: {condition: completed}}}\n  b: {image: x}\n', '| did you mean "service_completed_successfully"? valid'],
    ['a list of networks', 'services: {a: {image: x}}\nnetworks:\n  - front\n', '| write "front:" without a dash'],
    ['a secret without a source', 'services: {a: {image: x}}\nsecrets: {s: }\n', '| give it "file:", "environment:" or "external: true"'],
    ['a number for a duration', 'services: {web: {image: x, stop_grace_period: 10}}\n', '| add a unit: 10s'],
    ['an attribute of another tool', 'services: {web: {image: x, workdir: /w}}\n', '| did you mean "working_dir"?'],
    ['a list in a list', 'x-v: &v ["/a"]\nservices: {web: {image: x, volumes: [*v]}}\n', '| YAML does not join lists: write its items one by one'],
    ['a repetition', 'services: {web: {image: x, security_opt: [a, b, a]}}\n', '1:49 schema.duplicate services.web.security_opt[2]: "a" is in the list twice | remove one of them < first here compose.yaml:1'],
  ];
  it.each(cases)('%s', async (_name, text, expected) => {
    expect((await lines(text)).join('\n')).toContain(expected);
  });
});

describe('values are explained', () => {
  const cases: readonly [string, string, string][] = [
    ['a port beyond the range', 'services: {web: {image: x, ports: ["80800:80"]}}\n', '1:36 port.invalid services.web.ports[0]: "80800:80": the host port 80800 is beyond 65535 | did you mean 8080?'],
    ['a duration in days', 'services: {web: {image: x, stop_grace_period: 1d}}\n', '| units are h, m, s, ms and us; a day is 24h'],
    ['a duration without a unit', 'services: {web: {image: x, stop_grace_period: "10"}}\n', 'duration.invalid services.web.stop_grace_period: "10" is not a duration | add a unit: 10s'],
    ['a size', 'services: {web: {image: x, mem_limit: 5 apples}}\n', 'size.invalid services.web.mem_limit: "5 apples" is not a size'],
    ['a health check without CMD', 'services: {web: {image: x, healthcheck: {test: [curl, x]}}}\n', 'healthcheck.test must begin with "CMD", "CMD-SHELL" or "NONE", found "curl"'],
    ['a variable that is required', 'services: {web: {image: "x:${TAG:?give a tag}"}}\n', '1:28 interpolation.required services.web.image: required variable TAG is missing a value: give a tag'],
    ['a malformed expression', 'services: {web: {image: "x:${TAG"}}\n', '1:28 interpolation.invalid services.web.image: invalid variable expression "${TAG"'],
  ];
  it.each(cases)('%s', async (_name, text, expected) => {
    expect((await lines(text)).join('\n')).toContain(expected);
  });
});

describe('references are checked', () => {
  it('suggests a service with a similar name', async () => {
    expect(await lines('services:\n  web:\n    image: x\n    depends_on: [databse]\n  database: {image: y}\n')).toEqual([
      '4:18 service.undefined service "web" depends on undefined service "databse" | did you mean "database"?',
    ]);
  });

  it('says how to enable a service that no profile enables', async () => {
    expect(await lines('services:\n  a: {image: x, depends_on: [b]}\n  b: {image: x, profiles: [debug, dev]}\n')).toEqual([
      '2:30 service.disabled service "a" depends on "b", which no active profile enables | enable one of its profiles: debug, dev',
    ]);
  });

  it('finds everything that is wrong at once', async () => {
    const text = 'services:\n  a: {image: x, networks: [n], volumes: ["data:/v"], secrets: [s], configs: [c]}\n  b: {hostname: h}\nfoo: 1\n';
    const codes = (await diagnose(text)).map((d) => d.code);
    expect(codes).toEqual(['network.undefined', 'volume.undefined', 'secret.undefined', 'config.undefined', 'service.image', 'schema.unknownKey']);
  });
});

describe('the trail shows how a value came to be', () => {
  it('through an override', async () => {
    const files = { 'a.yaml': 'services: {web: {image: x, stop_grace_period: 1s}}\n', 'b.yaml': 'services: {web: {stop_grace_period: soon}}\n' };
    expect(await lines(files, ['a.yaml', 'b.yaml'])).toEqual([
      'b.yaml:1:37 duration.invalid services.web.stop_grace_period: "soon" is not a duration | write for instance 1m30s, 500ms or 2h < overrides the value here a.yaml:1',
    ]);
  });

  it('through extends in another file', async () => {
    const files = { 'compose.yaml': 'services:\n  web:\n    extends: {file: base.yaml, service: b}\n', 'base.yaml': 'services:\n  b: {image: x, mem_limit: much}\n' };
    expect(await lines(files)).toEqual([
      'base.yaml:2:28 size.invalid services.web.mem_limit: "much" is not a size | valid are numbers of bytes with a unit b, k, m or g: 64m, 1.5gb < service "web" extends it here compose.yaml:3',
    ]);
  });

  it('through a variable of an env file', async () => {
    const files = { 'compose.yaml': 'services: {web: {image: x, mem_limit: "$MEM"}}\n', '.env': '# sizes\nMEM=much\n' };
    const [only] = await lines(files);
    expect(only).toContain('1:39 size.invalid services.web.mem_limit: "much" is not a size');
    expect(only).toContain('< variable MEM is set here .env:2');
  });

  it('through include', async () => {
    const files = { 'compose.yaml': 'include: [sub/a.yaml]\nservices: {}\n', 'sub/a.yaml': 'services:\n  a: {hostname: h}\n' };
    expect((await lines(files))[0]).toBe('sub/a.yaml:2:3 service.image service "a" has neither an image nor a build context | give it "image:" or "build:" < included here compose.yaml:1');
  });

  it('around a circle of extends', async () => {
    const [only] = await lines('services:\n  a: {image: x, extends: b}\n  b: {image: x, extends: a}\n');
    expect(only).toContain('extends.cycle services extend each other in a circle: a -> b -> a');
    expect(only).toContain('< "b" extends here compose.yaml:3');
  });
});

describe('warnings', () => {
  it('name a variable that is not set once', async () => {
    expect(await lines('services: {a: {image: "x$V"}, b: {image: "y$V"}}\n')).toEqual([
      '1:25 interpolation.unset the variable "V" is not set; an empty string is used | set it in the environment or in .env, or give a default: ${V:-default}',
    ]);
  });

  it('say that version is obsolete', async () => {
    expect(await lines('version: "3"\nservices: {a: {image: x}}\n')).toEqual(['1:1 version.obsolete the attribute "version" is obsolete and ignored | remove it']);
  });
});

describe('an expression is shown where it stands', () => {
  const at = async (text: string) => (await diagnose(text)).map(({ range, related }) => `${range?.start.line}:${range?.start.column}-${range?.end.column}${related ? ` ${related[0]?.range.start.line}:${related[0]?.range.start.column}` : ''}`);
  it('in a longer value, not where it is escaped or another begins alike', async () => {
    expect(await at('services: {a: {image: "x", command: "echo $$A $AB ${A}"}}\n')).toEqual(['1:47-50', '1:51-55']);
    expect(await at('services: {a: {image: "x:\\"${A:?}", command: $A}}\n')).toEqual(['1:28-34', '1:46-48']);
  });
  it('in a block of text; a warning keeps its line, where a comment can silence it', async () => {
    expect(await at('services:\n  a:\n    image: x\n    command: |\n      one\n      two ${A:?} three\n')).toEqual(['6:11-17']);
    expect(await at('services:\n  a:\n    image: x\n    command: |\n      one\n      two $A three\n')).toEqual(['4:14-19 6:11']);
  });
});

describe('files', () => {
  it('of another ending, and env files that may be missing, come with a hint', async () => {
    expect(await lines({ 'compose.yaml': 'include: [a.yml]\nservices: {a: {image: x, env_file: b.env}}\n', 'a.yaml': 'services: {b: {image: x}}\n' })).toEqual([
      '1:11 file.notFound included file a.yml does not exist | did you mean a.yaml?',
      '2:36 file.notFound env file b.env does not exist | if it may be missing, write "path:" and "required: false"',
    ]);
  });
  it('that are missing are file.notFound, whoever names them', async () => {
    const code = async (files: Readonly<Record<string, string>>, names?: readonly string[]) => (await diagnose(files, names)).map((d) => d.code);
    expect(await code({}, ['nope.yaml'])).toEqual(['file.notFound']);
    expect(await code({ 'compose.yaml': 'include: [nope.yaml]\nservices: {a: {image: x}}\n' })).toEqual(['file.notFound']);
    expect(await code({ 'compose.yaml': 'services: {a: {image: x, env_file: nope.env}}\n' })).toEqual(['file.notFound']);
    expect(await code({ 'compose.yaml': 'services: {a: {image: x, extends: {file: nope.yaml, service: b}}}\n' })).toEqual(['file.notFound']);
  });

  it('that are env files show the line', async () => {
    expect((await lines({ 'compose.yaml': 'services: {a: {image: x}}\n', '.env': 'A=${B:?}\n' }))[0]).toContain('| set B in the environment, or in a line above');
    expect(await lines({ 'compose.yaml': 'services: {a: {image: x}}\n', '.env': 'A=1\nB C=2\n' })).toEqual([
      '.env:2:1 env.syntax .env: the variable name "B C" contains a space | write KEY=value; a value with spaces may be quoted',
    ]);
  });
});

describe('after one mistake the rest is still checked', () => {
  it('in the broken service and in the others', async () => {
    const text = 'services:\n  web:\n    image: x\n    hostnam: h\n    depends_on: [nope]\n    networks: [gone]\n  db: {image: y, volumes: ["lost:/d"], secrets: [s], configs: [c]}\n';
    expect((await diagnose(text)).map((d) => `${d.range?.start.line} ${d.code}`)).toEqual([
      '4 schema.unknownKey',
      '5 service.undefined',
      '6 network.undefined',
      '7 volume.undefined',
      '7 secret.undefined',
      '7 config.undefined',
    ]);
  });

  it('when a base or an included file is missing', async () => {
    const text = 'include: [nope.yaml]\nservices:\n  a: {extends: {file: no.yaml, service: b}, volumes: ["v:/d"]}\n  c: {extends: a}\n  d: {hostname: h}\n';
    expect((await diagnose({ 'compose.yaml': text })).map((d) => `${d.range?.start.line}:${d.range?.start.column} ${d.code}`)).toEqual([
      '1:11 file.notFound',
      '3:23 file.notFound',
      '5:3 service.image',
    ]);
  });

  const quiet: readonly [string, string, string][] = [
    ['a misspelt image', 'services: {a: {imagee: x}}\n', 'schema.unknownKey'],
    ['a misspelt section', 'services: {a: {image: x, networks: [n]}}\nnetwoks: {n: {}}\n', 'schema.unknownKey'],
    ['a section of the wrong type', 'services: {a: {image: x, volumes: ["v:/d"]}}\nvolumes: [v]\n', 'schema.type'],
    ['a bad name', 'services: {a: {image: x, depends_on: ["b c"]}, "b c": {image: x}}\n', 'schema.name'],
    ['a service outside of services', 'services: {a: {image: x, depends_on: [b]}}\nb: {image: x}\n', 'schema.unknownKey'],
    ['a secret whose source is misspelt', 'services: {a: {image: x, secrets: [s]}}\nsecrets: {s: {fil: x}}\n', 'schema.unknownKey'],
    ['a variable that is missing', 'services: {a: {image: x, ports: ["${P:?}:80"]}}\n', 'interpolation.required'],
    ['a source under another name', 'services: {a: {image: x, secrets: [{name: s}]}}\nsecrets: {s: {file: ./s}}\n', 'schema.unknownKey'],
    ['a key that is required and misspelt', 'services: {a: {image: x, models: [m]}}\nmodels: {m: {modl: x}}\n', 'schema.unknownKey'],
    ['a base that two services extend', 'services: {a: {image: x, ports: 80}, b: {extends: a}, c: {extends: a}}\n', 'schema.type'],
    ['a limit that is no number', 'services: {a: {image: x, cpus: 2, deploy: {resources: {limits: {cpus: [x]}}}}}\n', 'schema.type'],
  ];
  it.each(quiet)('%s causes no second error', async (_name, text, code) => {
    expect((await diagnose(text)).map((d) => d.code)).toEqual([code]);
  });
});

import { describe, expect, it } from 'vitest';
import { parseSettings } from '../../../src/check/index.ts';
import { Source } from '../../../src/compose/inspect/index.ts';
import { ProjectFolder, linesOf } from './project-folder.ts';

const settingsOf = (text: string) => parseSettings(new Source('s.yaml', '/s.yaml', text));

describe('settings', () => {
  const compose = 'services:\n  a:\n    image: a\n    privileged: true\n    restart: no\n';

  it('switch rules off, raise them, and take patterns; an exact id wins', async () => {
    using folder = new ProjectFolder({ 'compose.yaml': compose });
    const settings = settingsOf('rules:\n  security.*: off\n  image.*: off\n  image.untagged: error\n  yaml.norway: info\n');
    expect(settings.findings).toEqual([]);
    const { findings, silenced } = await folder.check({ settings });
    expect(findings.map(({ code, severity }) => `${code} ${severity}`)).toEqual(['image.untagged error', 'yaml.norway info']);
    expect(silenced).toBe(1);
  });

  it('take "off" also where YAML 1.1 would see a boolean, and false', () => {
    expect([...settingsOf('rules: {port.clash: off, port.scale: false}').levels.values()]).toEqual(['off', 'off']);
  });

  it('cannot hide an invalid file', async () => {
    using folder = new ProjectFolder({ 'compose.yaml': 'services:\n  a:\n    image: 1 # tscompose-check: disable=all\n    nope: 1\n' });
    const { findings } = await folder.check({ settings: settingsOf('rules: {all: off}') });
    expect(findings.some(({ severity }) => severity === 'error')).toBe(true);
  });

  it('say what is wrong with themselves', () => {
    const { findings } = settingsOf('rules:\n  image.latst: off\n  port.clash: loud\nother: 1\n');
    expect(findings.map(({ range, hint }) => [range?.start.line, hint])).toEqual([
      [4, 'known here: rules'],
      [2, 'did you mean "image.latest"?'],
      [3, 'one of off, info, warning, error'],
    ]);
    expect(settingsOf('rules: [').findings).toHaveLength(1);
  });
});

describe('a comment', () => {
  it('silences rules on its own line, or on the next line that is not a comment', async () => {
    const compose = [
      'services:',
      '  a:',
      '    image: a # tscompose-check: disable=image.untagged',
      '    # tscompose-check: disable=security.privileged, yaml.norway',
      '    # (another comment)',
      '    privileged: true',
      '    restart: no',
      '  b:',
      '    image: b # tscompose-check: disable=yaml.norway',
    ].join('\r\n');
    using folder = new ProjectFolder({ 'compose.yaml': compose });
    expect(linesOf(await folder.check())).toEqual(['compose.yaml:7 yaml.norway', 'compose.yaml:9 image.untagged']);
  });

  it('silences a rule in its whole file, env files too', async () => {
    using folder = new ProjectFolder({ 'compose.yaml': '# tscompose-check: disable-file=image.*\nservices:\n  a: {image: a}\n  b: {image: "b:latest"}\n', '.env': 'X=1\n# tscompose-check: disable-file=unused.variable\n' });
    expect(linesOf(await folder.check())).toEqual([]);
  });

  it('that names no rule is reported at the name', async () => {
    using folder = new ProjectFolder({ 'compose.yaml': 'services:\n  a: {image: "a:1"} # tscompose-check: disable=image.latst\n' });
    const { findings } = await folder.check();
    expect(findings).toMatchObject([{ code: 'check.settings', hint: 'did you mean "image.latest"?', range: { start: { line: 2, column: 48 } } }]);
  });
});

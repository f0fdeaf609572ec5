import { chmodSync, lstatSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { applyEdits, applyFixes } from '../../../src/check/index.ts';
import { loadProject, printProject } from '../../../src/compose/index.ts';
import { ProjectFolder, linesOf } from './project-folder.ts';

describe('edits', () => {
  it('leave everything else as it is; of two that overlap the first counts', () => {
    const edit = (start: number, end: number, text: string) => ({ path: '/f', start, end, text });
    expect(applyEdits('abcdef', [edit(4, 5, 'X'), edit(0, 2, '<>'), edit(1, 3, 'no'), edit(6, 6, '!'), edit(9, 9, 'no')])).toEqual({ text: '<>cdXf!', applied: 3 });
  });
});

describe('fixes', () => {
  const before = [
    '# the file of a long life',
    'version: "3.8"   # old',
    '',
    'services:',
    '  web:',
    '    imgae: nginx:1     # misspelt',
    '    restart: no        # never',
    "    environment: {A: on, B: 'off'}",
    '    ports:',
    '      - 22:22   # ssh',
    '',
  ];
  const after = before.toSpliced(1, 1).map((line) => line.replace('imgae', 'image').replace(': no ', ': "no" ').replace('A: on', 'A: "on"').replace('22:22', '"22:22"'));

  for (const [name, eol] of [['LF', '\n'], ['CRLF', '\r\n']] as const) {
    it(`keep comments and formatting (${name}), and there is nothing to mend afterwards`, async () => {
      using folder = new ProjectFolder({ 'compose.yaml': before.join(eol) });
      for (let round = 0; round < 3; round++) applyFixes((await folder.check()).findings);
      expect(readFileSync(join(folder.path, 'compose.yaml'), 'utf8')).toBe(after.join(eol));
      expect((await folder.check()).findings.filter((finding) => finding.fix)).toEqual([]);
    });
  }

  it('do not change what the project means', async () => {
    const text = '\ufeffversion: "3"\n\nservices:\n  a: {image: "a:1", restart: no, command: [on, off, yes], ports: [22:22], labels: {y: n}}\n';
    using folder = new ProjectFolder({ 'compose.yaml': text });
    const config = async () => {
      const { project } = await loadProject(folder.load());
      return project && printProject(project, { format: 'json' });
    };
    const meaning = await config();
    expect(meaning).toBeDefined();
    expect([...applyFixes((await folder.check()).findings).values()]).toEqual([7]);
    expect(await config()).toBe(meaning);
    expect(readFileSync(join(folder.path, 'compose.yaml'), 'utf8')).toMatch(/^\ufeffservices:/);
  });

  it('rename nothing when the right name is taken', async () => {
    using folder = new ProjectFolder({ 'compose.yaml': 'services:\n  a:\n    image: a:1\n    imgae: b:1\n' });
    const { findings } = await folder.check();
    expect(findings.map(({ code, fix }) => [code, fix])).toEqual([['schema.unknownKey', undefined]]);
  });

  it('keep the mode of the file and a link to it, and leave bytes alone that are no text', async () => {
    using folder = new ProjectFolder({ 'real.yaml': 'version: "3"\nservices: {a: {image: "a:1"}}\n' });
    const real = join(folder.path, 'real.yaml');
    chmodSync(real, 0o640);
    symlinkSync(real, join(folder.path, 'compose.yaml'));
    applyFixes((await folder.check()).findings);
    expect(readFileSync(real, 'utf8')).toBe('services: {a: {image: "a:1"}}\n');
    expect(statSync(real).mode & 0o777).toBe(0o640);
    expect(lstatSync(join(folder.path, 'compose.yaml')).isSymbolicLink()).toBe(true);
    const utf16 = Buffer.from('\ufeffversion: "3"\nservices: {a: {image: "a:1"}}\n', 'utf16le');
    writeFileSync(real, utf16);
    const { findings } = await folder.check();
    expect(linesOf({ findings } as never)).toEqual(['compose.yaml:1 version.obsolete']);
    expect(applyFixes(findings).size).toBe(0);
    expect(readFileSync(real).equals(utf16)).toBe(true);
  });
});

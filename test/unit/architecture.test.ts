import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

/** Who may import whom: the table of docs/architecture.md. A folder may always import itself. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  base: [],
  compose: ['base'],
  check: ['base', 'compose', 'graph'],
  graph: ['base', 'compose'],
  'engine-api': ['base'],
  controller: ['base', 'compose', 'graph', 'engine-api'],
  runtime: ['base', 'engine-api'],
  engine: ['base', 'engine-api', 'runtime'],
  cli: ['base', 'compose', 'check', 'graph', 'engine-api', 'controller', 'engine'],
};

/** Node modules that a folder must not touch, because it is pure or because one place owns the effect. */
const MUST_NOT_USE: Readonly<Record<string, RegExp>> = {
  compose: /^node:(child_process|net|http)$/,
  graph: /^node:(fs|fs\/promises|child_process|net|http)$/,
  controller: /^node:(child_process)$/,
};

const SOURCE = resolve(import.meta.dirname, '../../src');
const IMPORT = /^\s*(?:import|export)\s+(?:type\s)?[^'"]*?from\s+['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/gm;

interface Import {
  file: string;
  target: string;
}

function sourceFiles(): string[] {
  return readdirSync(SOURCE, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(SOURCE, file), 'utf8');
  return [...text.matchAll(IMPORT)].map((match) => ({ file, target: match[1] ?? match[2] ?? '' }));
}

const folderOf = (path: string) => path.split('/')[0] ?? '';
const all = sourceFiles().flatMap(importsOf);

describe('the house', () => {
  it('has sources to look at', () => expect(all.length).toBeGreaterThan(100));

  it('imports only along the arrows of the table', () => {
    const breaches = all.filter(({ file, target }) => {
      if (!target.startsWith('.') || !file.includes('/')) return false;
      const from = folderOf(file);
      const to = folderOf(relative(SOURCE, resolve(SOURCE, dirname(file), target)));
      if (from === to) return false;
      return !(MAY_IMPORT[from] ?? []).includes(to);
    });
    expect(breaches.map(({ file, target }) => `${file} -> ${target}`)).toEqual([]);
  });

  it('enters a neighbour by its index', () => {
    const breaches = all.filter(({ file, target }) => {
      if (!target.startsWith('.')) return false;
      const to = relative(SOURCE, resolve(SOURCE, dirname(file), target));
      if (folderOf(file) === folderOf(to) || !to.includes('/')) return false;
      return !/\/index\.ts$/.test(to) && !(folderOf(file) === 'cli' && /^engine\/(autostart|main)\.ts$/.test(to));
    });
    expect(breaches.map(({ file, target }) => `${file} -> ${target}`)).toEqual([]);
  });

  it('keeps pure folders pure', () => {
    const breaches = all.filter(({ file, target }) => MUST_NOT_USE[folderOf(file)]?.test(target) === true);
    expect(breaches.map(({ file, target }) => `${file} -> ${target}`)).toEqual([]);
  });

  it('runs programs only in runtime/host, engine/autostart and the commands that start what the user named', () => {
    const allowed = /^(runtime\/host\/|runtime\/networks\/resolver\/|engine\/autostart|cli\/)/;
    const breaches = all.filter(({ file, target }) => /^(node:child_process|execa)$/.test(target) && !allowed.test(file));
    expect(breaches.map(({ file, target }) => `${file} -> ${target}`)).toEqual([]);
  });

  it('says in a README what each folder is for, in at most 40 lines', () => {
    const folders = Object.keys(MAY_IMPORT).filter((folder) => all.some(({ file }) => folderOf(file) === folder));
    const wrong = folders.filter((folder) => {
      try {
        return readFileSync(join(SOURCE, folder, 'README.md'), 'utf8').split('\n').length > 41;
      } catch {
        return true;
      }
    });
    expect(wrong).toEqual([]);
  });
});

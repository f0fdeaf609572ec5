import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RULES, rulesDocument } from '../../../src/check/index.ts';

const root = resolve(import.meta.dirname, '../../..');

describe('the list of rules', () => {
  it('is what docs/check-rules.md says', async () => {
    await expect(rulesDocument()).toMatchFileSnapshot(join(root, 'docs/check-rules.md'));
  });

  it('has each id once, dotted', () => {
    const ids = RULES.map((rule) => rule.id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[a-z]+(\.[a-z][A-Za-z]+)+$/);
  });

  it('has every warning of the loader, so that each can be switched off', () => {
    const files = readdirSync(join(root, 'src/compose'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
    const codes = files.flatMap((name) => {
      const text = readFileSync(join(root, 'src/compose', name), 'utf8');
      return [...text.matchAll(/\.warning\(\s*'([\w.]+)'/g)].map((match) => match[1]);
    });
    expect(codes.length).toBeGreaterThan(2);
    expect(codes.filter((code) => !RULES.some((rule) => rule.id === code))).toEqual([]);
  });
});

import { describe, expect, it } from 'vitest';
import { filterVolumes, prunableVolumes } from '../../../../src/runtime/volumes/filters.ts';
import { checkOptions, planMount } from '../../../../src/runtime/volumes/options.ts';
import { checkVolumeName } from '../../../../src/runtime/volumes/record.ts';
import type { VolumeRecord } from '../../../../src/runtime/volumes/record.ts';

const volume = (name: string, labels: Record<string, string> | null = null): VolumeRecord => ({
  version: 1,
  name,
  driver: 'local',
  createdAt: '2024-01-01T00:00:00Z',
  options: null,
  labels,
});

describe('volume names', () => {
  it.each(['ab', 'a.b', 'a-b_c', 'A1'])('accepts %s', (name) => expect(() => checkVolumeName(name)).not.toThrow());
  it.each(['a b', '.ab', '-ab', '../x', 'a/b', 'ab\n', ''])('refuses %j', (name) => expect(() => checkVolumeName(name)).toThrow('includes invalid characters for a local volume name'));
  it('says that one letter is too short', () => expect(() => checkVolumeName('a')).toThrow('create a: volume name is too short'));
});

describe('volume options', () => {
  it.each([
    [{ foo: 'bar' }, 'create v: invalid option: "foo"'],
    [{ type: 'tmpfs' }, 'create v: missing required option: "device"'],
    [{ o: 'size=1' }, 'create v: missing required option: "device"'],
    [{ device: '/x' }, 'create v: missing required option: "type"'],
  ])('refuses %j', (options, message) => expect(() => checkOptions('v', options as Record<string, string>)).toThrow(message));

  it('splits flags from what the file system reads', () => {
    expect(planMount({ type: 'none', o: 'rbind,ro,noexec', device: '/srv' })).toMatchObject({ flags: 4096 | 16384 | 1 | 8, data: '', needsProgram: false });
    expect(planMount({ type: 'nfs', o: 'addr=10.0.0.1,rw,nfsvers=4', device: ':/export' })).toMatchObject({ flags: 0, data: 'addr=10.0.0.1,nfsvers=4', text: 'addr=10.0.0.1,rw,nfsvers=4', needsProgram: true });
    expect(planMount(null)).toBeUndefined();
  });
});

describe('volume filters', () => {
  const volumes = [volume('one', { tier: 'db' }), volume('two', { 'com.docker.volume.anonymous': '' }), volume('three', { tier: 'web', x: '' })];
  const used = (record: VolumeRecord) => record.name === 'one';
  const names = (filters: Record<string, string[]>) => filterVolumes(volumes, filters, used).map((record) => record.name);

  it('selects by use, name, driver and every label', () => {
    expect(names({ dangling: ['true'] })).toEqual(['two', 'three']);
    expect(names({ dangling: ['0'] })).toEqual(['one']);
    expect(names({ name: ['tw', 'thr'] })).toEqual(['two', 'three']);
    expect(names({ label: ['tier', 'x'] })).toEqual(['three']);
    expect(names({ label: ['tier=db'] })).toEqual(['one']);
    expect(names({ driver: ['nfs'] })).toEqual([]);
  });
  it('refuses unknown keys and values', () => {
    expect(() => names({ foo: ['x'] })).toThrow("invalid filter 'foo'");
    expect(() => names({ dangling: ['maybe'] })).toThrow("invalid filter 'dangling=[maybe]'");
  });
  it('prunes anonymous ones unless told otherwise', () => {
    const pruned = (filters: Record<string, string[]>) => prunableVolumes(volumes, filters, used).map((record) => record.name);
    expect(pruned({})).toEqual(['two']);
    expect(pruned({ all: ['1'] })).toEqual(['two', 'three']);
    expect(pruned({ all: ['1'], 'label!': ['tier'] })).toEqual(['two']);
  });
});

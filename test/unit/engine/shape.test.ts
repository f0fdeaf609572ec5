import { describe, expect, it } from 'vitest';
import { isEngineError } from '../../../src/base/index.ts';
import { CONTAINER_CREATE, NETWORK_CREATE } from '../../../src/engine/bodies.ts';
import { conform } from '../../../src/engine/shape.ts';

const create = (body: string): unknown => conform(JSON.parse(body), CONTAINER_CREATE, 'ContainerConfigWrapper');

describe('a body', () => {
  it('passes with what it should have and with what nobody knows', () => {
    const body = '{"Image":"x","Env":["A=b"],"HostConfig":{"Memory":1,"PortBindings":{"80/tcp":[{"HostPort":"80"}]}},"Future":{"x":[1]}}';
    expect(create(body)).toEqual(JSON.parse(body));
  });

  it('has its keys in whatever case', () => {
    expect(create('{"image":"x","hostconfig":{"MEMORY":5}}')).toEqual({ Image: 'x', HostConfig: { Memory: 5 } });
  });

  it('may hold null for anything', () => {
    expect(create('{"Image":"x","Env":null,"HostConfig":null,"ExposedPorts":{"80/tcp":null}}')).toEqual({ Image: 'x', ExposedPorts: { '80/tcp': null } });
    expect(create('{"NetworkingConfig":{"EndpointsConfig":{"net":null}}}')).toEqual({ NetworkingConfig: { EndpointsConfig: { net: null } } });
  });

  it('may give a command as one word', () => {
    expect(create('{"Cmd":"true","Entrypoint":["a"]}')).toEqual({ Cmd: ['true'], Entrypoint: ['a'] });
  });

  it.each([
    ['[]', 'cannot unmarshal array into Go value of type ContainerConfigWrapper'],
    ['"x"', 'cannot unmarshal string into Go value of type ContainerConfigWrapper'],
    ['{"Env":5}', 'cannot unmarshal number into Go struct field ContainerConfigWrapper.Env of type []string'],
    ['{"Env":[5]}', 'cannot unmarshal number into Go struct field ContainerConfigWrapper.Env of type string'],
    ['{"Tty":"yes"}', 'cannot unmarshal string into Go struct field ContainerConfigWrapper.Tty of type bool'],
    ['{"Labels":{"a":1}}', 'cannot unmarshal number into Go struct field ContainerConfigWrapper.Labels of type string'],
    ['{"Labels":["a=b"]}', 'cannot unmarshal array into Go struct field ContainerConfigWrapper.Labels of type map[string]string'],
    ['{"HostConfig":{"Memory":1.5}}', 'cannot unmarshal number 1.5 into Go struct field ContainerConfigWrapper.HostConfig.Memory of type int64'],
    ['{"HostConfig":{"Mounts":[{"Type":true}]}}', 'cannot unmarshal bool into Go struct field ContainerConfigWrapper.HostConfig.Mounts.Type of type string'],
    ['{"HostConfig":{"Binds":{}}}', 'cannot unmarshal object into Go struct field ContainerConfigWrapper.HostConfig.Binds of type []string'],
  ])('of a wrong type is refused: %s', (body, message) => {
    let thrown: unknown;
    try {
      create(body);
    } catch (error) {
      thrown = error;
    }
    expect(isEngineError(thrown, 'invalid')).toBe(true);
    expect(String(thrown)).toContain(message);
  });

  it('cannot reach the prototype of anything', () => {
    const value = create('{"__proto__":{"polluted":1},"Labels":{"__proto__":"x"}}') as Record<string, unknown>;
    expect(value['polluted']).toBeUndefined();
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('may be nested as deep as it likes where nobody looks', () => {
    const deep = `${'['.repeat(5000)}${']'.repeat(5000)}`;
    expect(() => conform(JSON.parse(`{"Name":"n","Unknown":${deep}}`), NETWORK_CREATE, 'x')).not.toThrow();
  });
});

/** Codecs of values that have a shape of their own: hosts, ulimits, device counts, file modes, SSH keys. */
import { parseInteger, scalarText } from '../go-values.ts';
import type { DeviceRequest, EnvFile, Ulimit } from '../project.ts';
import { type Node, describe, isNull, stringOf } from '../tree.ts';
import { type Codec, type Decoding, type Plain, invalid } from './codec.ts';
import { byBytes, extensionsOf, record, sortedRecord } from './collections.ts';
import { explicitFlag, integer } from './scalars.ts';

type Hosts = Readonly<Record<string, readonly string[]>>;

/** Extra hosts: `host=ip`, `host:ip` or a mapping, whose values may be lists. Brackets around an IPv6 address go. */
export const hosts: Codec<Hosts> = {
  decode(node, context) {
    const out = record<readonly string[]>();
    for (const [host, addresses, at] of hostPairs(node, context)) {
      if (host === '' || /[:=]/.test(host)) invalid(context, at, 'hosts.invalid', `"${host}" is not a host name`, 'write host=address');
      out[host] = [...(out[host] ?? []), ...addresses.map((ip) => ip.replace(/^\[(.+)\]$/, '$1'))];
    }
    return out;
  },
  print(value) {
    const items = Object.entries(value).flatMap(([host, addresses]) => addresses.map((ip) => `${host}=${ip}`));
    return Object.keys(value).length === 0 ? undefined : items.sort(byBytes);
  },
};

function* hostPairs(node: Node, context: Decoding): Generator<[string, string[], Node]> {
  if (node.kind === 'map') {
    for (const { key, value } of node.entries) {
      if (value.kind === 'seq') yield [key, value.items.map((v) => (v.kind === 'scalar' ? scalarText(v) : '')), value];
      else if (value.kind === 'scalar' && (value.type === 'str' || value.type === 'null')) yield [key, [value.text], value];
      else invalid(context, value, 'schema.type', `${describe(value)} is given where an address is expected`);
    }
  } else if (node.kind === 'seq') {
    for (const item of node.items) {
      const text = item.kind === 'scalar' ? scalarText(item) : '';
      const at = text.includes('=') ? text.indexOf('=') : text.indexOf(':');
      if (at < 0) invalid(context, item, 'hosts.invalid', `"${text}" has no address`, 'write host=address');
      else yield [text.slice(0, at), text.slice(at + 1).split(','), item];
    }
  } else if (!isNull(node)) invalid(context, node, 'schema.type', `${describe(node)} is given where a list or a mapping is expected`);
}

/** One number for both limits, or `soft` and `hard`. */
export const ulimit: Codec<Ulimit> = {
  decode(node, context) {
    if (node.kind !== 'map') {
      const single = integer.decode(node, context);
      return single === undefined ? undefined : { soft: single, hard: single, single: true };
    }
    const [soft, hard] = ['soft', 'hard'].map((key) => {
      const value = node.get(key);
      return (value && integer.decode(value, context)) ?? 0;
    });
    const extensions = extensionsOf(node);
    return { soft: soft ?? 0, hard: hard ?? 0, ...(extensions && { extensions }) };
  },
  print({ soft, hard, single }, { format }) {
    if (single && soft !== 0) return soft;
    return format === 'yaml' ? { soft, hard } : { ...(soft !== 0 && { soft }), ...(hard !== 0 && { hard }) };
  },
};

/** `all` is -1. */
export const deviceCount: Codec<NonNullable<DeviceRequest['count']>> = {
  decode(node, context) {
    const text = stringOf(node);
    if (text === undefined) return integer.decode(node, context);
    if (text.toLowerCase() === 'all') return -1;
    return parseInteger(text) ?? invalid(context, node, 'device.count', `"${text}" is not a number of devices`, 'write a number or all');
  },
  print: (value) => value || undefined,
};

/** An env file: its path alone when it is required, as Docker Compose prints it. */
export const envFile: Codec<EnvFile> = {
  decode(node, context) {
    if (node.kind !== 'map') return invalid(context, node, 'schema.type', `${describe(node)} is given where a path is expected`);
    const required = node.get('required');
    const format = stringOf(node.get('format'));
    return {
      path: stringOf(node.get('path')) ?? '',
      required: (required && explicitFlag.decode(required, context)) ?? true,
      ...(format !== undefined && { format }),
    };
  },
  print({ path, required, format }) {
    if (required && format === undefined) return path;
    return { path, required, ...(format !== undefined && { format }) };
  },
};

/** SSH agents and keys of a build by id; the path is empty for the default agent. Printed as a list. */
export const sshKeys: Codec<Readonly<Record<string, string>>> = {
  decode(node, context) {
    if (node.kind !== 'map') return invalid(context, node, 'schema.type', `${describe(node)} is given where a list or a mapping is expected`);
    const out = record<string>();
    for (const { key, value } of node.entries) out[key] = value.kind === 'scalar' ? scalarText(value) : '';
    return out;
  },
  print(value) {
    const items = Object.entries(value).map(([id, path]) => (path === '' ? id : `${id}=${path}`));
    return items.length === 0 ? undefined : items.sort(byBytes);
  },
};

/** Options of a provider: one string or a list of them for each name. */
export const providerOptions: Codec<Readonly<Record<string, readonly string[]>>> = {
  decode(node, context) {
    if (node.kind !== 'map') return invalid(context, node, 'schema.type', `${describe(node)} is given where a mapping is expected`);
    const out = record<readonly string[]>();
    for (const { key, value } of node.entries) {
      const items = value.kind === 'seq' ? value.items : [value];
      out[key] = items.map((item) => (item.kind === 'scalar' ? scalarText(item) : ''));
    }
    return out;
  },
  print: (value) => (Object.keys(value).length === 0 ? undefined : sortedRecord(value, (items): Plain => (items.length === 1 ? (items[0] ?? '') : items))),
};

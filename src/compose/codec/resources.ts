import type { FileObject, Ipam, IpamPool, Model, Network, Volume } from '../project.ts';
import type { Codec } from './codec.ts';
import { labels, list, strings } from './collections.ts';
import { object } from './object.ts';
import { explicitFlag, flag, integer, text } from './scalars.ts';

const pool = object<IpamPool>({ subnet: text, gateway: text, ip_range: text, aux_addresses: labels });
const ipamFields = object<Ipam>({
  driver: text,
  config: list(pool),
  options: { decode: labels.decode, print: () => undefined }, // Docker Compose drops them from its output
});

const networkFields = object<Network>({
  name: text,
  driver: text,
  driver_opts: labels,
  ipam: ipamFields,
  external: flag,
  internal: flag,
  attachable: flag,
  labels,
  enable_ipv4: explicitFlag,
  enable_ipv6: explicitFlag,
});

/** JSON always has `ipam`; YAML only when there is something in it. */
export const network: Codec<Network> = {
  decode: networkFields.decode,
  print(value, printing) {
    if (printing.format === 'json') return networkFields.print({ ...value, ipam: value.ipam ?? {} }, printing);
    const { ipam, ...rest } = value;
    return networkFields.print(ipam && Object.keys(ipam).length > 0 ? value : rest, printing);
  },
};

export const volume = object<Volume>({ name: text, driver: text, driver_opts: labels, external: flag, labels });

const fileFields = {
  name: text,
  file: text,
  environment: text,
  content: text,
  external: flag,
  labels,
  driver: text,
  driver_opts: labels,
  template_driver: text,
};
const files = object<FileObject>(fileFields);

/** The content of a variable is never printed: it may be a secret. */
export const fileObject: Codec<FileObject> = {
  decode(node, context) {
    const value = files.decode(node, context);
    const resolved = node.kind === 'map' ? node.get('x-#value') : undefined;
    return value && resolved?.kind === 'scalar' ? { ...value, content: resolved.text } : value;
  },
  print(value, printing) {
    if (value.environment === undefined) return files.print(value, printing);
    const { content: _secret, ...shown } = value;
    return files.print(shown, printing);
  },
};

export const model = object<Model>({ name: text, model: text, context_size: integer, runtime_flags: strings });

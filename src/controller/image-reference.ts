/** Image references as people write them, taken apart as far as pull, push and tag need it. */

export interface ImageReference {
  /** Everything but the tag or digest, as written. */
  readonly name: string;
  /** Tag or `sha256:...` digest; `latest` when neither was written. */
  readonly tag: string;
  /** Host name of the registry, for credentials. */
  readonly registry: string;
}

/** A colon after the last slash begins a tag; before it, it is a registry's port. */
export function parseImageReference(reference: string): ImageReference {
  const at = reference.indexOf('@');
  const head = at < 0 ? reference : reference.slice(0, at);
  const colon = head.indexOf(':', head.lastIndexOf('/') + 1);
  const name = colon < 0 ? head : head.slice(0, colon);
  const tag = at >= 0 ? reference.slice(at + 1) : colon < 0 ? 'latest' : head.slice(colon + 1);
  const first = name.split('/')[0] ?? '';
  const hasHost = name.includes('/') && (/[.:]/.test(first) || first === 'localhost');
  return { name, tag, registry: hasHost ? first : 'docker.io' };
}

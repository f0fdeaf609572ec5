import { EngineError } from '../../base/index.ts';
import type { ContainerUsage, ContainerUser, Digest } from '../parts.ts';
import type { Container } from './container.ts';
import { hasProcess } from './record.ts';

/** All containers, by id and by name. Memory only: the store is the truth. */
export class Registry implements ContainerUsage {
  readonly #byId = new Map<string, Container>();
  readonly #byName = new Map<string, string>();

  add(container: Container): void {
    this.#byId.set(container.id, container);
    this.#byName.set(container.name, container.id);
  }

  remove(container: Container): void {
    this.#byId.delete(container.id);
    if (this.#byName.get(container.name) === container.id) this.#byName.delete(container.name);
  }

  renamed(container: Container, from: string): void {
    if (this.#byName.get(from) === container.id) this.#byName.delete(from);
    this.#byName.set(container.name, container.id);
  }

  holderOf(name: string): Container | undefined {
    const id = this.#byName.get(name);
    return id === undefined ? undefined : this.#byId.get(id);
  }

  get(id: string): Container | undefined {
    return this.#byId.get(id);
  }

  all(): Container[] {
    return [...this.#byId.values()];
  }

  /**
   * By full id, then by name, then by id prefix: dockerd's order.
   * @throws EngineError notFound, or invalid when a prefix fits several
   */
  find(reference: string): Container {
    const name = reference.replace(/^\//, '');
    const exact = this.#byId.get(name) ?? this.holderOf(name);
    if (exact) return exact;
    const matches = /^[0-9a-f]+$/.test(name) ? this.all().filter((container) => container.id.startsWith(name)) : [];
    if (matches.length > 1) throw new EngineError('invalid', `multiple IDs found with provided prefix: ${name}`);
    const [match] = matches;
    if (!match) throw new EngineError('notFound', `No such container: ${reference}`);
    return match;
  }

  // ContainerUsage, for the other rooms

  resolve(reference: string): ContainerUser {
    return toUser(this.find(reference));
  }

  list(): readonly ContainerUser[] {
    return this.all().map(toUser);
  }

  ofImage(image: Digest): readonly ContainerUser[] {
    const uses = (container: Container): boolean =>
      container.record.image === image || container.record.mounts.some((mount) => mount.image === image);
    return this.all().filter(uses).map(toUser);
  }

  ofVolume(volume: string): readonly ContainerUser[] {
    return this.all()
      .filter((container) => container.record.mounts.some((mount) => mount.type === 'volume' && mount.source === volume))
      .map(toUser);
  }
}

function toUser(container: Container): ContainerUser {
  return { id: container.id, name: container.name, running: hasProcess(container.state) };
}

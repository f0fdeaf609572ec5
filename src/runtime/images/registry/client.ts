/** One repository on one endpoint: manifests, blobs, uploads. @see OCI distribution specification */
import { EngineError } from '../../../base/index.ts';
import { digestOf } from '../content-store.ts';
import { MediaType, type Descriptor } from '../media-types.ts';
import type { Authorizer } from './auth.ts';
import { readBody, type HttpClient, type HttpRequest, type HttpResponse } from './http.ts';
import { registryError } from './registry-error.ts';
import type { Endpoint } from './registry-config.ts';

export interface FetchedManifest {
  mediaType: string;
  digest: string;
  bytes: Buffer;
}

const ACCEPT = [MediaType.ociIndex, MediaType.dockerList, MediaType.ociManifest, MediaType.dockerManifest, MediaType.dockerSchema1].join(', ');

interface RepositoryRequest extends Omit<HttpRequest, 'url'> {
  /** Below `/v2/<name>/`, or a whole URL. */
  path: string;
  scope?: string;
}

export class RepositoryClient {
  readonly endpoint: Endpoint;
  readonly name: string;
  readonly http: HttpClient;
  readonly #authorizer: Authorizer;
  readonly #scope: string;

  /** @param name  path of the repository: `library/busybox` */
  constructor(endpoint: Endpoint, name: string, http: HttpClient, authorizer: Authorizer, use: 'pull' | 'push') {
    this.endpoint = endpoint;
    this.name = name;
    this.http = http;
    this.#authorizer = authorizer;
    this.#scope = `repository:${name}:${use === 'push' ? 'pull,push' : 'pull'}`;
  }

  /** Asks whether anybody is there, so that a failed connection shows before anything was reported. @throws TransportError */
  async ping(signal?: AbortSignal): Promise<void> {
    const response = await this.http.request({ method: 'GET', url: `${this.endpoint.url}/v2/`, signal });
    response.stream.resume();
  }

  /** By tag or digest, verified. @throws EngineError */
  async manifest(reference: string, signal?: AbortSignal): Promise<FetchedManifest> {
    const response = await this.#request({ method: 'GET', path: `manifests/${reference}`, headers: { Accept: ACCEPT }, signal });
    const bytes = await readBody(response);
    if (response.status !== 200) throw this.#error(response, bytes, 'Get', `manifests/${reference}`);
    const digest = digestOf(bytes);
    const expected = reference.startsWith('sha256:') ? reference : response.headers['docker-content-digest'];
    if (typeof expected === 'string' && expected.startsWith('sha256:') && expected !== digest)
      throw new EngineError('internal', `manifest verification failed for digest ${expected}`);
    return { mediaType: manifestType(response.headers['content-type'], bytes), digest, bytes };
  }

  async tags(signal?: AbortSignal): Promise<string[]> {
    const tags: string[] = [];
    for (let path: string | undefined = 'tags/list'; path !== undefined; ) {
      const response: HttpResponse = await this.#request({ method: 'GET', path, signal });
      const bytes = await readBody(response);
      if (response.status !== 200) throw this.#error(response, bytes, 'Get', path);
      tags.push(...((JSON.parse(bytes.toString('utf8')) as { tags?: string[] | null }).tags ?? []));
      const next = /<([^>]+)>\s*;\s*rel="?next"?/.exec(String(response.headers['link'] ?? ''))?.[1];
      path = next === undefined ? undefined : new URL(next, response.url).href;
    }
    return tags;
  }

  /** A small blob, verified. */
  async blob(descriptor: Pick<Descriptor, 'digest'>, signal?: AbortSignal): Promise<Buffer> {
    const path = `blobs/${descriptor.digest}`;
    const response = await this.#request({ method: 'GET', path, signal });
    const bytes = await readBody(response, 8 * 1024 * 1024);
    if (response.status !== 200) throw this.#error(response, bytes, 'Get', path);
    if (digestOf(bytes) !== descriptor.digest) throw new EngineError('internal', `content verification failed for digest ${descriptor.digest}`);
    return bytes;
  }

  /** Opens a blob at an offset. The answer's status says whether the registry went along (206) or starts over (200). No retries here. */
  async openBlob(digest: string, offset: number, signal?: AbortSignal): Promise<HttpResponse> {
    const headers: Record<string, string> = offset > 0 ? { Range: `bytes=${offset}-` } : {};
    const path = `blobs/${digest}`;
    const response = await this.#request({ method: 'GET', path, headers, signal, retry: false });
    if (response.status === 200 || response.status === 206) return response;
    throw this.#error(response, await readBody(response), 'Get', path);
  }

  async hasBlob(digest: string, signal?: AbortSignal): Promise<boolean> {
    const response = await this.#request({ method: 'HEAD', path: `blobs/${digest}`, signal });
    response.stream.resume();
    if (response.status === 200) return true;
    if (response.status === 404) return false;
    throw this.#error(response, Buffer.alloc(0), 'Head', `blobs/${digest}`);
  }

  /**
   * Begins an upload, or mounts the blob from another repository of the same registry.
   * @returns undefined when the blob was mounted, else where to send it
   */
  async startUpload(mount: { digest: string; from: string } | undefined, signal?: AbortSignal): Promise<string | undefined> {
    const query = mount ? `?mount=${encodeURIComponent(mount.digest)}&from=${encodeURIComponent(mount.from)}` : '';
    const scope = mount ? `${this.#scope} repository:${mount.from}:pull` : this.#scope;
    const path = `blobs/uploads/${query}`;
    const response = await this.#request({ method: 'POST', path, headers: { 'Content-Length': '0' }, scope, signal });
    const bytes = await readBody(response);
    if (response.status === 201) return undefined;
    if (response.status !== 202) throw this.#error(response, bytes, 'Post', path);
    return this.#location(response);
  }

  /** Sends bytes from an offset in one request. @returns where to go on */
  async sendChunk(url: string, body: () => AsyncIterable<Uint8Array>, offset: number, size: number, signal?: AbortSignal): Promise<string> {
    const headers = {
      'Content-Type': 'application/octet-stream',
      'Content-Length': String(size - offset),
      ...(offset > 0 && { 'Content-Range': `${offset}-${size - 1}` }),
    };
    const response = await this.#request({ method: 'PATCH', path: url, headers, body, signal, retry: false });
    const bytes = await readBody(response);
    if (response.status !== 202 && response.status !== 204 && response.status !== 201) throw this.#error(response, bytes, 'Patch', url);
    return this.#location(response);
  }

  /** How much of an upload has arrived, and where to go on; undefined when the registry has forgotten it. */
  async uploadStatus(url: string, signal?: AbortSignal): Promise<{ url: string; offset: number } | undefined> {
    const response = await this.#request({ method: 'GET', path: url, signal });
    await readBody(response);
    const range = /^(?:bytes=)?0-(\d+)$/.exec(String(response.headers['range'] ?? ''));
    if (response.status !== 204) return undefined;
    return { url: this.#location(response), offset: range ? Number(range[1]) + 1 : 0 };
  }

  async finishUpload(url: string, digest: string, signal?: AbortSignal): Promise<void> {
    const target = new URL(url);
    target.searchParams.set('digest', digest);
    const response = await this.#request({ method: 'PUT', path: target.href, headers: { 'Content-Length': '0' }, signal });
    const bytes = await readBody(response);
    if (response.status !== 201 && response.status !== 204) throw this.#error(response, bytes, 'Put', url);
  }

  async putManifest(reference: string, mediaType: string, bytes: Buffer, signal?: AbortSignal): Promise<void> {
    const path = `manifests/${reference}`;
    const response = await this.#request({ method: 'PUT', path, headers: { 'Content-Type': mediaType }, body: bytes, signal });
    const answer = await readBody(response);
    if (response.status !== 201 && response.status !== 200 && response.status !== 202) throw this.#error(response, answer, 'Put', path);
  }

  #location(response: HttpResponse): string {
    const { location } = response.headers;
    if (location === undefined) throw new EngineError('internal', 'the registry gave no place for the upload');
    return new URL(location, response.url).href;
  }

  #url(path: string): string {
    return /^https?:/.test(path) ? path : `${this.endpoint.url}/v2/${this.name}/${path}`;
  }

  #error(response: HttpResponse, body: Buffer, verb: string, path: string) {
    return registryError(response, body, `${verb} "${this.#url(path)}"`);
  }

  async #request({ path, scope = this.#scope, ...request }: RepositoryRequest): Promise<HttpResponse> {
    const url = this.#url(path);
    return authorizedRequest(this.http, this.#authorizer, { ...request, url }, scope, this.endpoint);
  }
}

/** Sends a request with what is known; answers a 401 once. Credentials go to the registry's own host only. */
export async function authorizedRequest(http: HttpClient, authorizer: Authorizer, request: HttpRequest, scope: string, endpoint: Endpoint): Promise<HttpResponse> {
  const ours = new URL(request.url).host === new URL(endpoint.url).host;
  let header: string | undefined;
  const send = () => {
    header = ours ? authorizer.header(scope) : undefined;
    return http.request({ ...request, headers: { ...request.headers, ...(header !== undefined && { Authorization: header }) } });
  };
  const response = await send();
  if (response.status !== 401 || !ours) return response;
  if (!(await authorizer.answer(response.headers['www-authenticate'], scope, header, request.signal))) return response;
  response.stream.destroy();
  return send();
}

function manifestType(header: string | undefined, bytes: Buffer): string {
  const type = (header ?? '').split(';')[0]?.trim() ?? '';
  if (type !== '' && type !== 'application/json' && !type.startsWith('text/')) return type;
  try {
    const body = JSON.parse(bytes.toString('utf8')) as { mediaType?: unknown; manifests?: unknown };
    if (typeof body.mediaType === 'string') return body.mediaType;
    return Array.isArray(body.manifests) ? MediaType.ociIndex : MediaType.ociManifest;
  } catch {
    return type;
  }
}

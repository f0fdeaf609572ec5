/** Registry authentication: basic, and bearer tokens from the server that the challenge names. */
import { EngineError } from '../../../base/index.ts';
import type { RegistryAuth } from '../../../engine-api/index.ts';
import { readBody, type HttpClient } from './http.ts';
import { registryError } from './registry-error.ts';

export interface Challenge {
  scheme: 'basic' | 'bearer';
  parameters: Record<string, string>;
}

/** Parses `WWW-Authenticate`; unknown schemes are left out. @see RFC 9110, section 11.6.1 */
export function parseChallenges(header: string | undefined): Challenge[] {
  const challenges: Challenge[] = [];
  const pattern = /([!#$%&'*+.^_`|~\w-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+)))?[\s,]*/gy;
  let current: { scheme: string; parameters: Record<string, string> } | undefined;
  for (const [, name = '', quoted, bare] of (header ?? '').trimStart().matchAll(pattern)) {
    const value = quoted?.replace(/\\(.)/g, '$1') ?? bare;
    if (value !== undefined) {
      if (current) current.parameters[name.toLowerCase()] = value;
      continue;
    }
    current = { scheme: name.toLowerCase(), parameters: {} };
    if (current.scheme === 'basic' || current.scheme === 'bearer') challenges.push(current as Challenge);
  }
  return challenges;
}

export interface Credentials {
  username: string;
  password: string;
  identityToken?: string;
  registryToken?: string;
}

/** What a client sent as `X-Registry-Auth`. */
export function credentialsOf(auth: RegistryAuth | undefined): Credentials | undefined {
  if (!auth) return undefined;
  let { username = '', password = '' } = auth;
  if (username === '' && auth.auth !== undefined && auth.auth !== '') {
    const decoded = Buffer.from(auth.auth, 'base64').toString('utf8').replace(/\0+$/, '');
    const colon = decoded.indexOf(':');
    if (colon > 0) [username, password] = [decoded.slice(0, colon), decoded.slice(colon + 1)];
  }
  const [identityToken, registryToken] = [auth.identitytoken, auth.registrytoken];
  if (username === '' && !identityToken && !registryToken) return undefined;
  return { username, password, ...(identityToken && { identityToken }), ...(registryToken && { registryToken }) };
}

/** Answers challenges for one registry and remembers the tokens. */
export class Authorizer {
  readonly #http: HttpClient;
  readonly #credentials: Credentials | undefined;
  readonly #tokens = new Map<string, { header: string; expiresAt: number }>();
  #basic: string | undefined;
  #bearer: Challenge | undefined;

  constructor(http: HttpClient, credentials: Credentials | undefined) {
    this.#http = http;
    this.#credentials = credentials;
  }

  /** The header for a request, as far as one is known without being challenged. */
  header(scope: string): string | undefined {
    if (this.#credentials?.registryToken !== undefined) return `Bearer ${this.#credentials.registryToken}`;
    const token = this.#tokens.get(scope);
    return token && token.expiresAt > Date.now() ? token.header : this.#basic;
  }

  /**
   * Gets what a 401 asks for.
   * @param sent  the header that was refused: requests that went out together without one all learn the answer
   * @returns false when there is nothing to answer with
   * @throws EngineError unauthorized when the token server refuses
   */
  async answer(challengeHeader: string | undefined, scope: string, sent: string | undefined, signal?: AbortSignal): Promise<boolean> {
    const challenges = parseChallenges(challengeHeader);
    const bearer = challenges.find((challenge) => challenge.scheme === 'bearer' && challenge.parameters['realm'] !== undefined) ?? (challenges.length === 0 ? this.#bearer : undefined);
    if (bearer) {
      this.#bearer = bearer;
      await this.#fetchToken(bearer, scope, signal);
      return true;
    }
    const basic = challenges.some((challenge) => challenge.scheme === 'basic') && this.#credentials && this.#credentials.username !== '';
    if (!basic) return false;
    this.#basic = basicHeader(this.#credentials);
    return sent !== this.#basic;
  }

  async #fetchToken(challenge: Challenge, scope: string, signal: AbortSignal | undefined): Promise<void> {
    const { realm = '', service } = challenge.parameters;
    const url = new URL(realm);
    const identity = this.#credentials?.identityToken;
    const fields = new URLSearchParams();
    if (service !== undefined) fields.set('service', service);
    for (const one of scope.split(' ').filter(Boolean)) identity === undefined ? fields.append('scope', one) : fields.set('scope', scope);
    const response = identity === undefined ? await this.#getToken(url, fields, signal) : await this.#refreshToken(url, fields, identity, signal);
    const body = await readBody(response, 1024 * 1024);
    if (response.status !== 200) throw registryError(response, body, `Get "${url.origin}${url.pathname}"`);
    const answer = JSON.parse(body.toString('utf8')) as { token?: string; access_token?: string; expires_in?: number };
    const token = answer.token ?? answer.access_token;
    if (typeof token !== 'string' || token === '') throw new EngineError('unauthorized', 'authorization server did not include a token in the response');
    const lifeMs = Math.max(30, answer.expires_in ?? 60) * 1000;
    this.#tokens.set(scope, { header: `Bearer ${token}`, expiresAt: Date.now() + lifeMs * 0.8 });
  }

  #getToken(url: URL, fields: URLSearchParams, signal: AbortSignal | undefined) {
    const credentials = this.#credentials;
    if (credentials && credentials.username !== '') fields.set('account', credentials.username);
    for (const [key, value] of fields) url.searchParams.append(key, value);
    const headers: Record<string, string> = credentials && credentials.username !== '' ? { Authorization: basicHeader(credentials) } : {};
    return this.#http.request({ method: 'GET', url: url.href, headers, signal });
  }

  #refreshToken(url: URL, fields: URLSearchParams, token: string, signal: AbortSignal | undefined) {
    fields.set('grant_type', 'refresh_token');
    fields.set('refresh_token', token);
    fields.set('client_id', 'tscompose');
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
    return this.#http.request({ method: 'POST', url: url.href, headers, body: Buffer.from(fields.toString()), signal });
  }
}

function basicHeader(credentials: Credentials): string {
  return `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')}`;
}

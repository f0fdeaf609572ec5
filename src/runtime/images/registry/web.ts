/** What lies somewhere on the web, fetched as registries are spoken to: through the machine's proxies, with its certificates, with retries. */
import { HttpClient, type HttpResponse } from './http.ts';
import { systemCertificates } from './registry-config.ts';

/**
 * Sends a GET and hands the response to `body`, whatever its status. The connection is closed afterwards.
 * @throws TransportError, EngineError cancelled, and what `body` threw
 */
export async function withWeb<T>(url: string, options: { headers?: Record<string, string>; signal?: AbortSignal | undefined }, body: (response: HttpResponse) => Promise<T>): Promise<T> {
  const client = new HttpClient({ tls: /^https:/i.test(url) ? systemCertificates() : { ca: [] }, skipVerify: false });
  try {
    return await body(await client.request({ method: 'GET', url, ...options }));
  } finally {
    client.close();
  }
}

/** What the resolver says to one query. Pure. */
import type { SandboxRecord } from '../records.ts';
import { encodeName, encodeReply, parseQuestion, RCODE, reverseAddress, TYPE } from './message.ts';
import type { Question } from './message.ts';
import type { Zones } from './zones.ts';

export type Answer =
  | { readonly kind: 'reply'; readonly reply: Buffer }
  /** Not ours: an upstream server shall say, or SERVFAIL where there is none to ask. */
  | { readonly kind: 'forward'; readonly question: Question }
  | { readonly kind: 'ignore' };

const STREAM_LIMIT = 65535;

/**
 * @param limit  undefined for UDP: what the asker takes; over TCP everything fits
 * @param random  below 1; turns the order of replicas, so that clients which take the first spread over all
 */
export function answerQuery(query: Buffer, asker: SandboxRecord, zones: Zones, options: { stream: boolean; random: () => number }): Answer {
  const question = parseQuestion(query);
  if (!question) return { kind: 'ignore' };
  if ((question.flags & 0x7800) !== 0) return reply(query, question, RCODE.NOTIMP, 0, [], options);
  if (question.type === TYPE.PTR) {
    const digits = reverseAddress(question.name);
    const name = digits === undefined ? undefined : zones.reverse(asker, digits);
    return name === undefined ? { kind: 'forward', question } : reply(query, question, RCODE.NOERROR, TYPE.PTR, [encodeName(name)], options);
  }
  const found = zones.lookup(asker, question.name);
  if (!found) return { kind: 'forward', question };
  // A name of ours with another type: it exists, and has no such data.
  const addresses = question.type === TYPE.A ? found.v4 : question.type === TYPE.AAAA ? found.v6 : [];
  return reply(query, question, RCODE.NOERROR, question.type, turn(addresses, options.random), options);
}

/** The refusal for a query that cannot be forwarded. */
export function failureReply(query: Buffer, question: Question): Buffer {
  return encodeReply(query, question, RCODE.SERVFAIL, 0, [], STREAM_LIMIT);
}

function reply(query: Buffer, question: Question, rcode: number, type: number, answers: readonly Uint8Array[], options: { stream: boolean }): Answer {
  return { kind: 'reply', reply: encodeReply(query, question, rcode, type, answers, options.stream ? STREAM_LIMIT : question.udpLimit) };
}

function turn<T>(list: readonly T[], random: () => number): readonly T[] {
  if (list.length < 2) return list;
  const at = Math.floor(random() * list.length);
  return [...list.slice(at), ...list.slice(0, at)];
}

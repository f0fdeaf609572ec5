/**
 * The few bytes of DNS that the resolver needs: reading one question, writing address and pointer answers.
 * By hand, because it is the hot path of a process that must stay small. Pure.
 * @see RFC 1035, section 4; RFC 6891 for the OPT record
 */

export const TYPE = { A: 1, PTR: 12, AAAA: 28, OPT: 41, ANY: 255 } as const;
export const RCODE = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 } as const;
const HEADER = 12;
const CLASS_IN = 1;
const PLAIN_UDP_LIMIT = 512;
const MAX_UDP = 4096;
/** Seconds. Short, so that whoever caches follows a container that moved. */
const TTL = 5;

export interface Question {
  readonly id: number;
  readonly flags: number;
  /** Lower case, without the final dot. */
  readonly name: string;
  readonly type: number;
  /** End of the question section. */
  readonly end: number;
  /** What the asker takes by UDP, in bytes. */
  readonly udpLimit: number;
  readonly hasOpt: boolean;
}

/** @returns undefined for what is no query with one question (an answer, garbage) */
export function parseQuestion(query: Buffer): Question | undefined {
  if (query.length < HEADER + 5) return undefined;
  const flags = query.readUInt16BE(2);
  if ((flags & 0x8000) !== 0 || query.readUInt16BE(4) !== 1) return undefined;
  let name = '';
  let at = HEADER;
  for (;;) {
    const size = query[at];
    if (size === undefined || size > 63) return undefined;
    at++;
    if (size === 0) break;
    if (at + size > query.length || name.length > 255) return undefined;
    name += `${name === '' ? '' : '.'}${query.toString('latin1', at, at + size)}`;
    at += size;
  }
  if (at + 4 > query.length) return undefined;
  const end = at + 4;
  const opt = query.readUInt16BE(10) > 0 && query[end] === 0 && end + 11 <= query.length && query.readUInt16BE(end + 1) === TYPE.OPT;
  const udpLimit = opt ? Math.min(MAX_UDP, Math.max(PLAIN_UDP_LIMIT, query.readUInt16BE(end + 3))) : PLAIN_UDP_LIMIT;
  return { id: query.readUInt16BE(0), flags, name: name.toLowerCase(), type: query.readUInt16BE(at), end, udpLimit, hasOpt: opt };
}

/** Data of one answer record: 4 or 16 bytes of address, or an encoded name. */
export type AnswerData = Uint8Array;

/**
 * An authoritative-looking reply to the question at the head of `query`.
 * @param type  of the answers
 * @param limit  size in bytes beyond which answers are left out and the truncation bit is set
 */
export function encodeReply(query: Buffer, question: Question, rcode: number, type: number, answers: readonly AnswerData[], limit: number): Buffer {
  const optSize = question.hasOpt ? 11 : 0;
  let fits = 0;
  let size = question.end + optSize;
  for (const answer of answers) {
    if (size + 12 + answer.length > limit) break;
    size += 12 + answer.length;
    fits++;
  }
  const reply = Buffer.allocUnsafe(size);
  query.copy(reply, 0, 0, question.end);
  const truncated = fits < answers.length ? 0x0200 : 0;
  reply.writeUInt16BE(0x8000 | (question.flags & 0x7900) | truncated | 0x0080 | rcode, 2);
  reply.writeUInt16BE(fits, 6);
  reply.writeUInt16BE(0, 8);
  reply.writeUInt16BE(question.hasOpt ? 1 : 0, 10);
  let at = question.end;
  for (let i = 0; i < fits; i++) {
    const answer = answers[i] as AnswerData; // fits never passes the end
    at = reply.writeUInt16BE(0xc000 | HEADER, at);
    at = reply.writeUInt16BE(type, at);
    at = reply.writeUInt16BE(CLASS_IN, at);
    at = reply.writeUInt32BE(TTL, at);
    at = reply.writeUInt16BE(answer.length, at);
    reply.set(answer, at);
    at += answer.length;
  }
  if (question.hasOpt) {
    reply[at++] = 0;
    at = reply.writeUInt16BE(TYPE.OPT, at);
    at = reply.writeUInt16BE(MAX_UDP, at);
    at = reply.writeUInt32BE(0, at);
    reply.writeUInt16BE(0, at);
  }
  return reply;
}

/** A name as labels, for the data of a PTR record. Labels are cut at 63 bytes. */
export function encodeName(name: string): Buffer {
  const parts: Buffer[] = [];
  for (const label of name.split('.')) {
    const bytes = Buffer.from(label, 'latin1').subarray(0, 63);
    if (bytes.length > 0) parts.push(Buffer.from([bytes.length]), bytes);
  }
  parts.push(Buffer.from([0]));
  return Buffer.concat(parts);
}

/** The address that a name below in-addr.arpa or ip6.arpa stands for, as hexadecimal digits, or undefined. */
export function reverseAddress(name: string): string | undefined {
  if (name.endsWith('.in-addr.arpa')) {
    const parts = name.slice(0, -13).split('.').reverse();
    if (parts.length !== 4 || parts.some((part) => !/^\d{1,3}$/.test(part) || Number(part) > 255)) return undefined;
    return parts.map((part) => Number(part).toString(16).padStart(2, '0')).join('');
  }
  if (name.endsWith('.ip6.arpa')) {
    const digits = name.slice(0, -9).split('.').reverse();
    return digits.length === 32 && digits.every((digit) => /^[0-9a-f]$/.test(digit)) ? digits.join('') : undefined;
  }
  return undefined;
}

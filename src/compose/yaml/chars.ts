/** Character codes and classes of YAML, as libyaml (and so Docker Compose) sees them. */
export const TAB = 9;
export const LF = 10;
export const CR = 13;
export const SPACE = 32;
export const BANG = 33;
export const DOUBLE_QUOTE = 34;
export const HASH = 35;
export const PERCENT = 37;
export const AMPERSAND = 38;
export const SINGLE_QUOTE = 39;
export const ASTERISK = 42;
export const PLUS = 43;
export const COMMA = 44;
export const DASH = 45;
export const DOT = 46;
export const COLON = 58;
export const GREATER = 62;
export const QUESTION = 63;
export const AT = 64;
export const OPEN_BRACKET = 91;
export const BACKSLASH = 92;
export const CLOSE_BRACKET = 93;
export const BACKTICK = 96;
export const OPEN_BRACE = 123;
export const PIPE = 124;
export const CLOSE_BRACE = 125;
/** The byte order mark. */
export const BOM = 0xfeff;

/** A line break. Next line, line separator and paragraph separator count: YAML 1.1, which libyaml speaks. */
export function isBreak(c: number): boolean {
  return c === LF || c === CR || c === 0x85 || c === 0x2028 || c === 0x2029;
}
/** Space or tab. */
export function isBlank(c: number): boolean {
  return c === SPACE || c === TAB;
}
/** Space, tab, line break or the end of the text (NaN, as `charCodeAt` gives it). */
export function isBlankOrEnd(c: number): boolean {
  return c === SPACE || c === LF || c === TAB || c === CR || c !== c || c === 0x85 || c === 0x2028 || c === 0x2029;
}
export function isDigit(c: number): boolean {
  return c >= 48 && c <= 57;
}
/** What may stand in an anchor's name: `[0-9A-Za-z_-]`. */
export function isWord(c: number): boolean {
  return (c >= 97 && c <= 122) || (c >= 65 && c <= 90) || isDigit(c) || c === 95 || c === DASH;
}
/** `,[]{}`, which end a plain scalar inside a flow collection; `?` does as well, as in libyaml. */
export function isFlowEnd(c: number): boolean {
  return c === COMMA || c === OPEN_BRACKET || c === CLOSE_BRACKET || c === OPEN_BRACE || c === CLOSE_BRACE || c === QUESTION;
}

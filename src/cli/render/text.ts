/** Text for terminals: its width in columns, cutting to fit, and taking out what a hostile string could do to a terminal. */

const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** Control characters and bidirectional overrides become visible (`\x1b`); tabs and newlines stay. */
export function sanitize(text: string): string {
  return text.replace(CONTROL, (character) => {
    const code = character.charCodeAt(0);
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16)}`;
  });
}

const ESCAPES = /\x1b\[[0-9;]*m/g;
const ASCII = /^[\x20-\x7e]*$/;
const COMBINING = /\p{M}|\u200b|\u200d|\ufe0f/u;
const WIDE = /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;

/** Columns that a text takes; colour codes take none, East Asian and emoji characters two. */
export function displayWidth(text: string): number {
  const plain = text.includes('\x1b') ? text.replace(ESCAPES, '') : text;
  if (ASCII.test(plain)) return plain.length;
  let width = 0;
  for (const character of plain) width += characterWidth(character);
  return width;
}

function characterWidth(character: string): number {
  if (COMBINING.test(character)) return 0;
  return WIDE.test(character) || (character.codePointAt(0) ?? 0) > 0x1ffff ? 2 : 1;
}

/** Cuts a text without colour codes to at most `width` columns; what was cut off shows as `…`. */
export function truncate(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  if (width <= 0) return '';
  let used = 0;
  let kept = '';
  for (const character of text) {
    const next = characterWidth(character);
    if (used + next > width - 1) break;
    used += next;
    kept += character;
  }
  return `${kept}…`;
}

/** Pads with spaces to `width` columns. */
export function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - displayWidth(text)));
}

/** Breaks lines between words so that none is wider than `width`, if its words allow. */
export function wrapText(text: string, width: number): string {
  const wrap = (line: string): string =>
    line.split(' ').reduce((done, word) => {
      const last = done.slice(done.lastIndexOf('\n') + 1);
      return done === '' ? word : `${done}${displayWidth(last) + 1 + displayWidth(word) > width ? '\n' : ' '}${word}`;
    }, '');
  return text.split('\n').map(wrap).join('\n');
}

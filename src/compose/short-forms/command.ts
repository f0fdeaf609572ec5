/**
 * Splits a command written as one string into words, as Docker Compose does: quotes and backslashes as in a shell, but no variables, no
 * comments; an unquoted `|`, `&`, `;`, `<` or `>` ends the command.
 * @returns undefined when a quote, `$(` or backslash is left open, or a parenthesis stands alone
 */
export function splitCommand(text: string): string[] | undefined {
  const state: State = { words: [], word: '', has: false, quote: '', escaped: false };
  for (const char of text) {
    if (state.escaped) {
      state.word += char;
      state.escaped = false;
      state.has = true;
    } else if (char === '\\') {
      if (state.quote === "'") state.word += char;
      else state.escaped = true;
    } else if (/[ \t\r\n]/.test(char)) space(state, char);
    else if (state.quote === '' && /[;&|<>]/.test(char)) {
      // a file descriptor before ">" belongs to the redirection
      if (char === '>' && /^[0-9]/.test(state.word)) state.has = false;
      break;
    } else if (!quoteOrLiteral(state, char)) return undefined;
  }
  if (state.has) state.words.push(state.word);
  return state.escaped || state.quote !== '' ? undefined : state.words;
}

interface State {
  readonly words: string[];
  word: string;
  /** Is there a word, perhaps an empty one in quotes? */
  has: boolean;
  /** The quote we are in: `'`, `"`, a backquote, `(` for `$(`, or ''. */
  quote: string;
  escaped: boolean;
}

function space(state: State, char: string): void {
  if (state.quote !== '') state.word += char;
  else if (state.has) {
    state.words.push(state.word);
    state.word = '';
    state.has = false;
  }
}

/** @returns false when the character is not allowed here */
function quoteOrLiteral(state: State, char: string): boolean {
  const { quote } = state;
  if ((char === '"' && (quote === '' || quote === '"')) || (char === "'" && (quote === '' || quote === "'"))) {
    if (quote === char) state.has = true;
    state.quote = quote === char ? '' : char;
    return true;
  }
  if (char === '(' && (quote === '' || quote === '(')) {
    if (quote === '(' || !state.word.endsWith('$')) return false;
    state.quote = '(';
    state.word += char;
    return true;
  }
  if (char === ')' && (quote === '' || quote === '(')) state.quote = quote === '(' ? '' : '(';
  if (char === '`' && (quote === '' || quote === '`')) state.quote = quote === '`' ? '' : '`';
  state.word += char;
  state.has = true;
  return true;
}

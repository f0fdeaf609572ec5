/**
 * Cuts at blanks outside quotes; quotes and escapes stay in the words, for expansion removes them later.
 * An unclosed quote runs to the end.
 */
export function splitRawWords(text: string, escape: '\\' | '`'): string[] {
  const words: string[] = [];
  let word = '';
  let open = false;
  let quote = '';
  for (let i = 0; i < text.length; i++) {
    const glyph = text.charAt(i);
    if (quote === '' && /\s/.test(glyph)) {
      if (open) words.push(word);
      word = '';
      open = false;
      continue;
    }
    open = true;
    if (glyph === escape && quote !== "'") {
      if (i + 1 === text.length) break; // a lone escape at the very end says nothing
      word += glyph + text.charAt(++i);
      continue;
    }
    if (quote === glyph) quote = '';
    else if (quote === '' && (glyph === '"' || glyph === "'")) quote = glyph;
    word += glyph;
  }
  if (open) words.push(word);
  return words;
}

/** Cuts at blanks and nothing else. */
export function splitBlanks(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}

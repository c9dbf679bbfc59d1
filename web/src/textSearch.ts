// Text search without accents and case: "presernova" finds "Prešernova", "krakow" finds "Kraków". Letters that Unicode
// does not decompose are mapped by hand.

const LETTERS: Record<string, string> = { ł: 'l', đ: 'd', ø: 'o', ß: 'ss', æ: 'ae', œ: 'oe', ς: 'σ', ı: 'i', '’': "'" };

export function foldText(text: string): string {
  return text
    .toLowerCase()
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replace(/[łđøßæœςı’]/g, (letter) => LETTERS[letter] ?? letter);
}

/** The folded words of a search; a text matches when it contains each of them. */
export function searchWords(query: string): string[] {
  return foldText(query).split(/\s+/).filter(Boolean);
}

export function matchesWords(folded: string, wanted: readonly string[]): boolean {
  return wanted.every((word) => folded.includes(word));
}

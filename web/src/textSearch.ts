// Text made comparable: accents, case and letters that Unicode does not take apart are folded away,
// so that "presernova" finds "Prešernova" and "krakow" finds "Kraków".

const LETTERS: Record<string, string> = { ł: 'l', đ: 'd', ø: 'o', ß: 'ss', æ: 'ae', œ: 'oe', ς: 'σ', ı: 'i', '’': "'" };

export function foldText(text: string): string {
  return text
    .toLowerCase()
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replace(/[łđøßæœςı’]/g, (letter) => LETTERS[letter] ?? letter);
}

/** The words of a query, folded; a text matches when it holds each of them. */
export function searchWords(query: string): string[] {
  return foldText(query).split(/\s+/).filter(Boolean);
}

export function matchesWords(folded: string, wanted: readonly string[]): boolean {
  return wanted.every((word) => folded.includes(word));
}

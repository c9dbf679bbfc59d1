// Joins consecutive months such as `2025-09` to spans.

export function joinMonths(list: string[]): [string, string][] {
  const nth = (month: string) => Number(month.slice(0, 4)) * 12 + Number(month.slice(5, 7));
  const all: [string, string][] = [];
  for (const month of [...list].sort()) {
    const last = all.at(-1);
    if (last && nth(month) - nth(last[1]) <= 1) last[1] = month;
    else all.push([month, month]);
  }
  return all;
}

// Money: decimal text or numbers from the server, added up in whole cents, never in binary fractions.

export type DecimalAmount = string | number | null | undefined;

/** An amount in cents, or null where it is unknown. Unknown is never zero. */
export function toCents(amount: DecimalAmount): number | null {
  if (amount === null || amount === undefined || amount === '') return null;
  const match = /^(-?)(\d+)(?:\.(\d{1,}))?$/.exec(String(amount).trim());
  if (!match) return null;
  const [, minus, whole, part = ''] = match;
  const value = Number(whole) * 100 + Math.round(Number(part.padEnd(3, '0').slice(0, 3)) / 10);
  return minus ? -value : value;
}

/** A share in 0…1, or null where either value is unknown or the whole is zero. */
export function shareOf(part: number | null, whole: number | null): number | null {
  return part === null || whole === null || whole <= 0 ? null : part / whole;
}

// Colour schemes: what colour, shape and line pattern stand for. Each kind has its own colour, shape, line pattern and
// label, the same in list, map, legend, table, chart and print.
import type { Intervention } from './plan';
import { GROUPS, type SymbolId } from './symbology';

export const SCHEMES = ['status', 'objective', 'function', 'cost', 'city'] as const;
export type ColourSchemeId = (typeof SCHEMES)[number];

export interface SchemeKind {
  mark: SymbolId;
  label: string;
}

export interface ColourScheme {
  id: ColourSchemeId;
  kinds: SchemeKind[];
  markOf: (one: Intervention) => SymbolId;
}

/** Where the labels of kinds come from. */
export interface SchemeLabels {
  label: (vocabulary: string, id: string) => string;
  ids: (vocabulary: string) => string[];
  city: (id: string) => string;
  euros: (cents: number) => string;
  none: string;
  notCosted: string;
  others: string;
  upTo: (amount: string) => string;
  over: (amount: string) => string;
  between: (from: string, to: string) => string;
}

/** Class breaks of cost, in cents. */
const BOUNDS = [10_000_000, 50_000_000, 200_000_000, 1_000_000_000];
const MOST_CITIES = 7;
const NONE: SymbolId = 'kind-none';

export function schemeOf(id: ColourSchemeId, list: Intervention[], words: SchemeLabels): ColourScheme {
  if (id === 'objective')
    return schemeByCode(
      id,
      words.ids('objective'),
      (one) => one.objectives,
      (code) => `${code} ${words.label('objective', code)}`,
      words.none,
    );
  if (id === 'function')
    return schemeByCode(
      id,
      words.ids('function'),
      (one) => one.functions,
      (code) => words.label('function', code),
      words.none,
    );
  if (id === 'cost') return schemeByCost(words);
  if (id === 'city') return schemeByCity(list, words);
  const kinds = GROUPS.map((group) => ({ mark: `status-${group}` as SymbolId, label: words.label('status_group', group) }));
  return { id: 'status', kinds, markOf: (one) => `status-${one.group}` };
}

/** Kinds by the first code of an intervention. */
function schemeByCode(id: ColourSchemeId, codes: string[], of: (one: Intervention) => string[], label: (code: string) => string, none: string): ColourScheme {
  const known = codes.slice(0, 7);
  const kinds: SchemeKind[] = [...known.map((code, i) => ({ mark: `kind-${i + 1}` as SymbolId, label: label(code) })), { mark: NONE, label: none }];
  const markOf = (one: Intervention): SymbolId => {
    const at = known.indexOf(of(one)[0] ?? '');
    return at < 0 ? NONE : (`kind-${at + 1}` as SymbolId);
  };
  return { id, kinds, markOf };
}

function schemeByCost({ euros, upTo, over, between, notCosted }: SchemeLabels): ColourScheme {
  const amounts = BOUNDS.map(euros);
  const labels = [upTo(amounts[0]!), ...amounts.slice(1).map((amount, i) => between(amounts[i]!, amount)), over(amounts.at(-1)!)];
  const kinds: SchemeKind[] = [...labels.map((label, i) => ({ mark: `cost-${i + 1}` as SymbolId, label })), { mark: NONE, label: notCosted }];
  const markOf = ({ cost }: Intervention): SymbolId => (cost === null ? NONE : (`cost-${BOUNDS.filter((bound) => cost > bound).length + 1}` as SymbolId));
  return { id: 'cost', kinds, markOf };
}

/** The cities with most interventions have their own symbols; the others share one. */
function schemeByCity(list: Intervention[], words: SchemeLabels): ColourScheme {
  const counts = new Map<string, number>();
  for (const { city } of list) counts.set(city, (counts.get(city) ?? 0) + 1);
  const most = [...counts].sort(([a, many], [b, more]) => more - many || (a < b ? -1 : 1)).map(([city]) => city);
  const own = most.slice(0, MOST_CITIES);
  const marks = new Map(own.map((city, i) => [city, `kind-${i + 1}` as SymbolId]));
  const kinds: SchemeKind[] = own.map((city) => ({ mark: marks.get(city)!, label: words.city(city) }));
  if (most.length > own.length) kinds.push({ mark: NONE, label: words.others });
  return { id: 'city', kinds, markOf: (one) => marks.get(one.city) ?? NONE };
}

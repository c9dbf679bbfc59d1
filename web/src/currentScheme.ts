// What colour and shape stand for now, in words of the person's language.
import { computed } from '@preact/signals';
import { euros } from './format';
import { t } from './i18n';
import { perMonth } from './planMonths';
import { matching, type Intervention } from './plan';
import { schemeOf, type SchemeKind } from './colourSchemes';
import { MARKS, type SymbolId } from './symbology';
import { cityName, colour, filter, found, plan } from './state';
import { conceptIds, label } from './ui/labels';

export const scheme = computed(() =>
  schemeOf(colour.value, plan.value?.interventions ?? [], {
    label,
    ids: conceptIds,
    city: (id) => cityName(plan.value?.cities.get(id)),
    euros,
    none: t('kind.none'),
    notCosted: t('cost.none'),
    others: t('kind.others'),
    upTo: (amount) => t('kind.upTo', { amount }),
    over: (amount) => t('kind.over', { amount }),
    between: (from, to) => t('kind.between', { from, to }),
  }),
);

export const markOf = (one: Intervention): SymbolId => scheme.value.markOf(one);

export function kindOf(one: Intervention): SchemeKind | undefined {
  const mark = markOf(one);
  return scheme.value.kinds.find((kind) => kind.mark === mark);
}

/** How many of those found are of each kind. */
export const kindCounts = computed(() => {
  const counts = new Map<SymbolId, number>(MARKS.map((mark) => [mark, 0]));
  for (const one of found.value) counts.set(markOf(one), counts.get(markOf(one))! + 1);
  return counts;
});

/** How many run in each month of all that is found at any time. */
export const histogram = computed(() => perMonth(plan.value ? matching(plan.value, { ...filter.value, from: null, to: null }) : []));

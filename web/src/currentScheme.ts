// The current colour scheme in the person's language, and counts by it.
import { computed } from '@preact/signals';
import { formatEuros } from './format';
import { t } from './i18n';
import { countPerMonth } from './planMonths';
import { matchingInterventions, type Intervention } from './plan';
import { schemeOf, type SchemeKind } from './colourSchemes';
import { SYMBOL_IDS, type SymbolId } from './symbology';
import { cityName, colour, filter, foundInterventions, plan } from './state';
import { conceptIds, codeLabel } from './ui/labels';

export const colourScheme = computed(() =>
  schemeOf(colour.value, plan.value?.interventions ?? [], {
    label: codeLabel,
    ids: conceptIds,
    city: (id) => cityName(plan.value?.cities.get(id)),
    euros: formatEuros,
    none: t('kind.none'),
    notCosted: t('cost.none'),
    others: t('kind.others'),
    upTo: (amount) => t('kind.upTo', { amount }),
    over: (amount) => t('kind.over', { amount }),
    between: (from, to) => t('kind.between', { from, to }),
  }),
);

export const markOf = (one: Intervention): SymbolId => colourScheme.value.markOf(one);

export function kindOf(one: Intervention): SchemeKind | undefined {
  const mark = markOf(one);
  return colourScheme.value.kinds.find((kind) => kind.mark === mark);
}

/** Results per kind. */
export const kindCounts = computed(() => {
  const counts = new Map<SymbolId, number>(SYMBOL_IDS.map((mark) => [mark, 0]));
  for (const one of foundInterventions.value) counts.set(markOf(one), counts.get(markOf(one))! + 1);
  return counts;
});

/** Works per month, regardless of the filtered years. */
export const monthHistogram = computed(() => countPerMonth(plan.value ? matchingInterventions(plan.value, { ...filter.value, from: null, to: null }) : []));

// The Plan tab: whose plan, its totals, the filters, and the list.
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { PlanLayout } from '../address';
import { address } from '../api';
import { language, t, type MessageKey } from '../i18n';
import { matchesWords, searchWords } from '../textSearch';
import { formatEuros, formatNumber, formatPercent } from '../format';
import { shareOf } from '../money';
import { GROUPS, statusesOf, type StatusGroup } from '../symbology';
import { activeParts, type PlanCity, type PlanTotals } from '../plan';
import { selectCity, cityName, clearFilters, filter, foundInterventions, selectFoundCity, groupCounts, plan, planLayout, toggleGroup, totals } from '../state';
import { FilterBar } from './Filters';
import { groupName, codeLabel } from './labels';
import { useDeferred } from './useDeferred';
import { InterventionList } from './List';
import { StatusSymbol } from './Symbol';

export function PlanTab() {
  const city = plan.value?.cities.get(filter.value.city);
  const partner = plan.value?.partners.find((one) => one.id === city?.partner);
  const filtered = activeParts(filter.value).some((part) => part !== 'city');
  const heading = useArrival();
  return (
    <>
      <div class="heading">
        <div class="line">
          <h1 ref={heading} tabIndex={-1}>
            {city ? cityName(city) : t('europe.title', { count: plan.value?.partners.length ?? 0 })}
          </h1>
          {filtered && (
            <button type="button" class="link" onClick={clearFilters}>
              {t('filter.clear')}
            </button>
          )}
        </div>
        <p>
          {city ? [partner?.name, codeLabel('country', city.country)].filter(Boolean).join(' · ') : t('europe.cities', { count: plan.value?.cities.size ?? 0 })}
        </p>
      </div>
      <PlanSummary sums={totals.value} />
      <GroupButtons sums={totals.value} />
      <FilterBar />
      {filtered ? <FoundCities /> : !city && <CityButtons />}
      <LayoutChooser />
      <DeferredParts />
      <PlanFooter />
    </>
  );
}

/**
 * Filters change the list in place: it scrolls to its top, and a button that disappears hands its focus to the heading.
 */
function useArrival() {
  const heading = useRef<HTMLHeadingElement>(null);
  const shown = useRef(filter.value);
  useLayoutEffect(() => {
    if (shown.current === filter.value) return;
    if (shown.current.city !== filter.value.city) document.getElementById('tab-content')?.scrollTo(0, 0);
    shown.current = filter.value;
    if (document.activeElement === document.body) heading.current?.focus({ preventScroll: true });
  }, [filter.value]);
  return heading;
}

const LAYOUTS: [PlanLayout, MessageKey][] = [
  ['list', 'chart.list'],
  ['time', 'chart.time'],
  ['money', 'chart.money'],
];

/** The list is rendered in a task of its own, after the parts above it. */
let listed = false;
function DeferredParts() {
  const ready = useDeferred() || listed;
  listed = ready;
  return ready ? <InterventionList /> : null;
}

/** The layout of the results: list, timeline, money. */
function LayoutChooser() {
  return (
    <div class="two-ways" role="group" aria-label={t('chart.label')}>
      {LAYOUTS.map(([id, name]) => (
        <button type="button" key={id} class="way-choice" aria-pressed={planLayout.value === id} onClick={() => (planLayout.value = id)}>
          {t(name)}
        </button>
      ))}
    </div>
  );
}

/** Links that every page of a public body must have. */
function PlanFooter() {
  return (
    <footer class="page-foot">
      <a href={address(`accessibility/${language.value}.html`)}>{t('foot.accessibility')}</a>
      <a href={address('api')}>{t('foot.data')}</a>
    </footer>
  );
}

function PlanSummary({ sums }: { sums: PlanTotals }) {
  const basis = [
    sums.costPartial > 0 && t('sum.costPartial', { count: sums.costPartial }),
    sums.programmes > 0 && t('sum.programmes', { count: sums.programmes }),
  ].filter(Boolean);
  const euShare = shareOf(sums.euKnown ? sums.eu : null, sums.euOf);
  return (
    <div class="summary">
      <div class="cards">
        <div class="card">
          <strong>{formatNumber(sums.count)}</strong>
          <span>{t('sum.interventions', { count: sums.count })}</span>
          <span>{sums.withoutPlace > 0 && t('sum.withoutPlace', { count: sums.withoutPlace })}</span>
        </div>
        <div class="card">
          <strong>{sums.costKnown ? formatEuros(sums.cost) : sums.count ? t('cost.none') : '–'}</strong>
          <span>{t('sum.costKnown', { known: sums.costKnown, count: sums.count })}</span>
        </div>
        <div class="card">
          <strong>{euShare !== null ? formatPercent(euShare) : sums.count ? t('eu.none') : '–'}</strong>
          <span>{t('sum.eu')}</span>
          <span>{euShare !== null && t('sum.euOf', { eu: formatEuros(sums.eu), cost: formatEuros(sums.euOf), known: sums.euKnown })}</span>
        </div>
      </div>
      {basis.length > 0 && <p class="note">{t('sum.basis', { notes: basis.join(' · ') })}</p>}
    </div>
  );
}

/** The share of each status group as a bar, and below it the groups as filter buttons. */
function GroupButtons({ sums }: { sums: PlanTotals }) {
  const on = (group: StatusGroup) => statusesOf(group).every((status) => filter.value.statuses.has(status));
  return (
    <div class="groups">
      <StatusBar byGroup={sums.byGroup} />
      <div class="switches" role="group" aria-label={t('filter.status')}>
        {GROUPS.map((group) => (
          <button type="button" key={group} class="switch" aria-pressed={on(group)} onClick={() => toggleGroup(group)}>
            <StatusSymbol group={group} />
            <span>{groupName(group)}</span>
            <span class="count">{formatNumber(groupCounts.value.get(group) ?? 0)}</span>
          </button>
        ))}
      </div>
    </div>
  );
}

export function StatusBar({ byGroup }: { byGroup: Map<StatusGroup, number> }) {
  return (
    <div class="stack" aria-hidden="true">
      {GROUPS.filter((group) => byGroup.get(group)).map((group) => (
        <span key={group} class={`part part-${group}`} style={{ flexGrow: byGroup.get(group) }} />
      ))}
    </div>
  );
}

/** Cities whose name matches the search, in any of its languages. */
function FoundCities() {
  const wanted = searchWords(filter.value.text);
  if (!wanted.length) return null;
  const cities = [...(plan.value?.cities.values() ?? [])].filter((city) => city.id !== filter.value.city && matchesWords(city.folded, wanted));
  if (!cities.length) return null;
  return (
    <ul class="cities found">
      {cities.map((city) => (
        <li key={city.id}>
          <CityButton city={city} go={selectFoundCity} />
        </li>
      ))}
    </ul>
  );
}

function CityButtons() {
  return (
    <section class="partners" aria-label={t('europe.choose')}>
      {plan.value?.partners.map((partner) => (
        <div class="partner" key={partner.id}>
          <h2>
            {partner.name}
            {partner.lead && <span class="lead">{t('partner.lead')}</span>}
          </h2>
          <ul class="cities">
            {partner.cities.map((city) => (
              <li key={city.id}>
                <CityButton city={city} go={selectCity} />
              </li>
            ))}
          </ul>
        </div>
      ))}
    </section>
  );
}

function CityButton({ city, go }: { city: PlanCity; go: (id: string) => void }) {
  const own = (plan.value?.interventions ?? []).filter((one) => one.city === city.id);
  const shown = filter.value.text ? own : foundInterventions.value.filter((one) => one.city === city.id);
  const byGroup = new Map(GROUPS.map((group) => [group, shown.filter((one) => one.group === group).length]));
  const local = cityName(city) === city.name ? '' : city.name;
  return (
    <button type="button" class="city" onClick={() => go(city.id)}>
      <span class="name">
        {cityName(city)}
        {local && (
          <span class="local" lang="">
            {local}
          </span>
        )}
        <span class="country" lang={language.value}>
          {codeLabel('country', city.country)}
        </span>
      </span>
      <StatusBar byGroup={byGroup} />
      <span class="count">{t('list.count', { count: shown.length })}</span>
    </button>
  );
}

// The legend, and the choice of colour scheme. It can be collapsed; it starts collapsed on a small map and where only
// counts are shown.
import { signal } from '@preact/signals';
import { formatMonth, formatNumber } from '../format';
import { t, type MessageKey } from '../i18n';
import { SCHEMES, type ColourSchemeId } from '../colourSchemes';
import { kindCounts, colourScheme } from '../currentScheme';
import { symbolOf, type StatusGroup, type SymbolId } from '../symbology';
import { colour, model, month, detailVisible, tab } from '../state';
import { Icon } from './Icon';
import { groupLabel } from './labels';
import { MapSymbol } from './Symbol';

/** Open or collapsed by the person; until then the map's size and zoom decide. */
const openChoice = signal<boolean | null>(null);

export function MapLegend() {
  if (!model.value) return null;
  const open = openChoice.value ?? (detailVisible.value && tab.value === 'plan' && matchMedia('(min-width: 1400px)').matches);
  return (
    <details class="legend" open={open}>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: a summary is a control, and its press is what opens the legend */}
      <summary
        onClick={(event) => {
          event.preventDefault();
          openChoice.value = !open;
        }}
      >
        {t('legend.title')}
      </summary>
      <ColourChooser id="legend-colour" />
      <LegendEntries />
    </details>
  );
}

const SCHEME_NAMES: Record<ColourSchemeId, MessageKey> = {
  status: 'colour.status',
  objective: 'colour.objective',
  function: 'colour.function',
  cost: 'colour.cost',
  city: 'colour.city',
};

export function ColourChooser({ id }: { id: string }) {
  return (
    <label class="select quiet">
      <span>{t('colour.label')}</span>
      <select id={id} value={colour.value} onChange={(event) => (colour.value = event.currentTarget.value as ColourSchemeId)}>
        {SCHEMES.map((one) => (
          <option key={one} value={one}>
            {t(SCHEME_NAMES[one])}
          </option>
        ))}
      </select>
      <Icon name="down" />
    </label>
  );
}

/** The symbols with labels and counts, and the other things on the map. */
export function LegendEntries() {
  const { id, kinds } = colourScheme.value;
  const words = (mark: SymbolId, label: string) => (id === 'status' && month.value === null ? groupLabel(mark.slice(7) as StatusGroup) : label);
  return (
    <>
      {month.value !== null && id === 'status' && <p class="note">{t('legend.at', { date: formatMonth(month.value) })}</p>}
      <ul>
        {kinds.map(({ mark, label }) => (
          <li key={mark}>
            <MapSymbol mark={mark} />
            <svg class="sample" style={{ color: `var(--${mark})` }} viewBox="0 0 34 16" width="34" height="16" aria-hidden="true">
              <path class="line" d="M3 8h28" {...dashPattern(mark)} />
            </svg>
            <span class="grow">{words(mark, label)}</span>
            <span class="count">{formatNumber(kindCounts.value.get(mark) ?? 0)}</span>
          </li>
        ))}
        <li>
          <svg class="sample area" viewBox="0 0 58 16" width="58" height="16" aria-hidden="true">
            <rect x="1" y="1.500" width="56" height="13" rx="2" />
          </svg>
          {t('legend.area')}
        </li>
        <li>
          <svg class="sample street" viewBox="0 0 58 16" width="58" height="16" aria-hidden="true">
            <path class="edge" d="M6 8h46" />
            <path class="way" d="M6 8h46" />
          </svg>
          {t('legend.street')}
        </li>
        <li>
          <svg class="sample facility" viewBox="0 0 58 16" width="58" height="16" aria-hidden="true">
            <circle cx="29" cy="8" r="3.500" />
          </svg>
          {t('legend.facility')}
        </li>
      </ul>
    </>
  );
}

function dashPattern(mark: SymbolId) {
  const { dash, round, width, line } = symbolOf(mark);
  const stroke = 4 * width;
  return {
    'stroke-width': stroke,
    'stroke-opacity': line,
    'stroke-dasharray': dash?.map((part) => part * stroke).join(' '),
    'stroke-linecap': round || !dash ? ('round' as const) : ('butt' as const),
  };
}

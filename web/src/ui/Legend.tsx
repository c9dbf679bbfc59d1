// What the signs mean. It folds; it starts folded where the map is small or shows counts only.
import { signal } from '@preact/signals';
import { t } from '../i18n';
import { GROUPS, SIGNS } from '../signs';
import { model, near, tab } from '../state';
import { groupLabel } from './labels';
import { Sign } from './Sign';

/** What the person chose; until then the map's size and zoom decide. */
const chosen = signal<boolean | null>(null);

export function Legend() {
  if (!model.value) return null;
  const open = chosen.value ?? (near.value && tab.value === 'plan' && matchMedia('(min-width: 1400px)').matches);
  return (
    <details class="legend" open={open}>
      <summary
        onClick={(event) => {
          event.preventDefault();
          chosen.value = !open;
        }}
      >
        {t('legend.title')}
      </summary>
      <ul>
        {GROUPS.map((group) => (
          <li key={group}>
            <Sign group={group} />
            <svg class={`sample sign-${group}`} viewBox="0 0 34 16" width="34" height="16" aria-hidden="true">
              <path class="line" d="M3 8h28" {...dashes(group)} />
            </svg>
            {groupLabel(group)}
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
    </details>
  );
}

function dashes(group: (typeof GROUPS)[number]) {
  const { dash, round, width, line } = SIGNS[group];
  const stroke = 4 * width;
  return {
    'stroke-width': stroke,
    'stroke-opacity': line,
    'stroke-dasharray': dash?.map((part) => part * stroke).join(' '),
    'stroke-linecap': round || !dash ? ('round' as const) : ('butt' as const),
  };
}

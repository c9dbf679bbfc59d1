// The interventions in the map's view, as a list for the keyboard: the focused one is outlined on the map, Enter opens
// it.
import { computed, signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { t } from '../i18n';
import { markOf } from '../currentScheme';
import { announcement, hovered, plan, selectIntervention, selected, shownOnMap, tab, mainMap, titleOf, camera } from '../state';
import { Icon } from './Icon';
import { MapSymbol } from './Symbol';

export const listingInView = signal(false);
const MAX_LISTED = 200;
const REST_MS = 500;

/** Interventions whose geometry intersects the view. */
export const interventionsInView = computed(() => {
  void camera.value;
  const bounds = mainMap.value?.getBounds();
  if (!bounds) return [];
  const [west, south, east, north] = [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()];
  return (shownOnMap.value ?? plan.value?.interventions ?? []).filter(
    ({ box }) => box && box[0] <= east && box[2] >= west && box[1] <= north && box[3] >= south,
  );
});

export function ViewSummary() {
  useEffect(() => {
    document.querySelector<HTMLElement>('.in-view .row')?.focus();
    return () => (hovered.value = '');
  }, []);
  const close = () => {
    listingInView.value = false;
    mainMap.value?.getCanvas().focus();
  };
  const shown = interventionsInView.value.slice(0, MAX_LISTED);
  return (
    <section class="over-map in-view" aria-label={t('view.label')} onKeyDown={(event) => (event.key === 'Escape' ? close() : walk(event))}>
      <div class="over-head">
        <h2>{t('view.count', { count: interventionsInView.value.length })}</h2>
        <button type="button" class="square" aria-label={t('share.close')} onClick={close}>
          <Icon name="close" />
        </button>
      </div>
      <ul>
        {shown.map((one, i) => (
          <li key={one.id}>
            <button
              type="button"
              class={`row ${hovered.value === one.id ? 'pointed' : ''}`}
              tabIndex={i === 0 ? 0 : -1}
              aria-current={selected.value === one.id ? 'true' : undefined}
              onFocus={() => (hovered.value = one.id)}
              onPointerEnter={() => (hovered.value = one.id)}
              onClick={() => selectIntervention(one.id, false)}
            >
              <MapSymbol mark={markOf(one)} />
              <span class="title" lang={titleOf(one).language}>
                {titleOf(one).text}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function walk(event: KeyboardEvent): void {
  const all = [...document.querySelectorAll<HTMLElement>('.in-view .row')];
  const at = all.indexOf(document.activeElement as HTMLElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
  if (at < 0 || to === undefined) return;
  event.preventDefault();
  all[Math.max(0, Math.min(to, all.length - 1))]?.focus();
}

/** Announces how many are in view once a map moved by keys rests. */
export function announceView(): () => void {
  let timer = 0;
  return camera.subscribe(() => {
    clearTimeout(timer);
    // The Ask tab announces its answer instead.
    if (document.activeElement !== mainMap.peek()?.getCanvas() || tab.peek() === 'ask') return;
    timer = window.setTimeout(() => (announcement.value = t('view.count', { count: interventionsInView.peek().length })), REST_MS);
  });
}

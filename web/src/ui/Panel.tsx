// The side panel: tabs over the plan, the detail, a query, a comparison or the table. On a phone it is a bottom sheet.
import { useEffect } from 'preact/hooks';
import { t, type MessageKey } from '../i18n';
import type { PanelTab } from '../address';
import { formatDayAndHour } from '../format';
import { announcement, model, plan, selected, sheetFull, tab } from '../state';
import { cachedSince } from '../state/offlineCache';
import { editorModule } from '../state/editor';
import { InterventionDetail } from './Detail';
import { lazyPart } from './lazyPart';
import { PlanTab } from './PlanTab';
import { InterventionTable } from './Table';

const TAB_NAMES: [PanelTab, MessageKey][] = [
  ['plan', 'tab.plan'],
  ['ask', 'tab.ask'],
  ['compare', 'tab.compare'],
  ['table', 'tab.table'],
];

/** Tabs that load when they are opened. */
const AskTab = lazyPart(() => import('../ask/AskTab').then((part) => part.AskTab), LoadingRows);
const CompareTab = lazyPart(() => import('../ask/CompareTab').then((part) => part.CompareTab), LoadingRows);

export function SidePanel() {
  const work = editorModule.value;
  return (
    <section class="panel" id="panel" aria-label={t('panel.label')} tabIndex={-1}>
      <SheetHandle />
      <div class="tabs" role="tablist" aria-label={t('tab.label')} onKeyDown={moveTab}>
        {TAB_NAMES.map(([id, name]) => (
          <button
            type="button"
            key={id}
            id={`tab-${id}`}
            role="tab"
            aria-selected={tab.value === id}
            aria-controls="tab-content"
            tabIndex={tab.value === id ? 0 : -1}
            onClick={() => (tab.value = id)}
          >
            {t(name)}
          </button>
        ))}
      </div>
      {cachedSince.value !== null && <OfflineNotice since={cachedSince.value} />}
      {work && plan.value && model.value && <work.EditToolbar />}
      <div class="content" id="tab-content" role="tabpanel" aria-labelledby={`tab-${tab.value}`}>
        {!plan.value || !model.value ? <LoadingRows /> : <TabContent />}
      </div>
    </section>
  );
}

/** Shown when the page was opened without a connection. */
function OfflineNotice({ since }: { since: number }) {
  const text = t('kept.shown', { when: formatDayAndHour(since) });
  useEffect(() => {
    announcement.value = text;
  }, [text]);
  return <p class="as-of">{text}</p>;
}

function TabContent() {
  switch (tab.value) {
    case 'ask':
      return <AskTab />;
    case 'compare':
      return <CompareTab />;
    case 'table':
      return <InterventionTable />;
    case 'plan': {
      const work = editorModule.value;
      if (work?.editorOpen.value) return <work.EditorPanel />;
      return selected.value ? <InterventionDetail /> : <PlanTab />;
    }
  }
}

function moveTab(event: KeyboardEvent): void {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  const at = TAB_NAMES.findIndex(([id]) => id === tab.value);
  const next = TAB_NAMES[(at + step + TAB_NAMES.length) % TAB_NAMES.length]![0];
  tab.value = next;
  document.getElementById(`tab-${next}`)?.focus();
}

/** Drags or toggles the sheet between half and full height. Only visible on a phone. */
function SheetHandle() {
  let startY = 0;
  let dragged = false;
  return (
    <button
      type="button"
      class="handle"
      aria-expanded={sheetFull.value}
      aria-label={sheetFull.value ? t('sheet.half') : t('sheet.full')}
      onPointerDown={(event) => {
        startY = event.clientY;
        dragged = false;
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerUp={(event) => {
        const way = event.clientY - startY;
        if (Math.abs(way) < 12) return;
        dragged = true;
        sheetFull.value = way < 0;
      }}
      onClick={() => {
        if (!dragged) sheetFull.value = !sheetFull.value;
        dragged = false;
      }}
    />
  );
}

function LoadingRows() {
  return (
    <div class="skeleton" aria-hidden="true">
      {Array.from({ length: 8 }, (_, i) => (
        <span key={i} />
      ))}
    </div>
  );
}

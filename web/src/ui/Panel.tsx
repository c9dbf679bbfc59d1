// The one panel: tabs, and under them the plan, one intervention, a question, a comparison, or the table. On a phone it is the sheet.
import { useEffect } from 'preact/hooks';
import { t, type MessageKey } from '../i18n';
import type { PanelTab } from '../address';
import { dayAndHour } from '../format';
import { announcement, model, plan, selected, sheetFull, tab } from '../state';
import { keptSince } from '../state/offlineCache';
import { tools } from '../state/session';
import { Detail } from './Detail';
import { fetched } from './lazyPart';
import { PlanTab } from './PlanTab';
import { Table } from './Table';

const TABS: [PanelTab, MessageKey][] = [
  ['plan', 'tab.plan'],
  ['ask', 'tab.ask'],
  ['compare', 'tab.compare'],
  ['table', 'tab.table'],
];

/** Tabs that not everyone opens are loaded when they are. */
const AskTab = fetched(() => import('../ask/AskTab').then((part) => part.AskTab), Skeleton);
const CompareTab = fetched(() => import('../ask/CompareTab').then((part) => part.CompareTab), Skeleton);

export function Panel() {
  const work = tools.value;
  return (
    <section class="panel" id="panel" aria-label={t('panel.label')} tabIndex={-1}>
      <Handle />
      <div class="tabs" role="tablist" aria-label={t('tab.label')} onKeyDown={moveTab}>
        {TABS.map(([id, name]) => (
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
      {keptSince.value !== null && <Kept since={keptSince.value} />}
      {work && plan.value && model.value && <work.Workbar />}
      <div class="content" id="tab-content" role="tabpanel" aria-labelledby={`tab-${tab.value}`}>
        {!plan.value || !model.value ? <Skeleton /> : <Content />}
      </div>
    </section>
  );
}

/** The page was opened without a connection. */
function Kept({ since }: { since: number }) {
  const text = t('kept.shown', { when: dayAndHour(since) });
  useEffect(() => {
    announcement.value = text;
  }, [text]);
  return <p class="as-of">{text}</p>;
}

function Content() {
  switch (tab.value) {
    case 'ask':
      return <AskTab />;
    case 'compare':
      return <CompareTab />;
    case 'table':
      return <Table />;
    case 'plan': {
      const work = tools.value;
      if (work?.working.value) return <work.Workbench />;
      return selected.value ? <Detail /> : <PlanTab />;
    }
  }
}

function moveTab(event: KeyboardEvent): void {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  const at = TABS.findIndex(([id]) => id === tab.value);
  const next = TABS[(at + step + TABS.length) % TABS.length]![0];
  tab.value = next;
  document.getElementById(`tab-${next}`)?.focus();
}

/** Drag it, or press it: the sheet is half or full. Only seen on a phone. */
function Handle() {
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

function Skeleton() {
  return (
    <div class="skeleton" aria-hidden="true">
      {Array.from({ length: 8 }, (_, i) => (
        <span key={i} />
      ))}
    </div>
  );
}

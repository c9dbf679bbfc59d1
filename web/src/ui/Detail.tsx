// The detail of an intervention: what readers look for first stands first; all other fields of the schema follow.
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { language, t } from '../i18n';
import { formatDay, formatExactEuros, formatPercent, formatPeriod } from '../format';
import { fieldsOf } from '../model';
import { euShareOf, yearSpan, type Intervention } from '../plan';
import {
  announcement,
  cityName,
  selectedIntervention,
  foundInterventions,
  cameraGoal,
  model,
  plan,
  foundRows,
  selectIntervention,
  selected,
  sheetFull,
  titleOf,
  clearSelection,
} from '../state';
import { editorModule, loadEditor } from '../state/editor';
import { FundingTable, IndicatorsTable, RisksList, SourcesList, StepsList } from './DetailParts';
import { findSimilar } from '../state/askTab';
import { Icon } from './Icon';
import { fieldSchema, codeLabel, fieldName } from './labels';
import { StatusSymbol } from './Symbol';
import { isEmpty, PropertyValue } from './Value';

/** Above this EU share the amount needs a second look. */
const EU_LIMIT = 0.8;

/** Fields with a place of their own; the others are listed at the end. */
const PLACED = new Set(
  `id geometry title title_en language summary summary_en city status place location_precision start end date_precision
   date_note recurrence cost cost_scope cost_note eu_share funding objectives functions steps indicators risks sources
   schematic synthetic`.split(/\s+/),
);

export function InterventionDetail() {
  const one = selectedIntervention.value;
  return (
    <article class="detail">
      <DetailNavigation />
      {one ? (
        <DetailBody key={one.id} one={one} />
      ) : (
        <>
          <h1>{t('nothing.title')}</h1>
          <p class="note">{t('detail.missing', { id: selected.value })}</p>
        </>
      )}
    </article>
  );
}

/** Back to the list, and to the next intervention in it. */
function DetailNavigation() {
  const at = foundRows.value.findIndex((one) => one.id === selected.value);
  const neighbour = (step: number) => (at < 0 ? undefined : foundRows.value[at + step]);
  const go = (step: number) => {
    const to = neighbour(step);
    if (to) selectIntervention(to.id, true);
  };
  return (
    <nav class="way" aria-label={t('detail.way')}>
      <button type="button" class="link" onClick={clearSelection}>
        <Icon name="back" />
        {t('detail.back', { count: foundInterventions.value.length })}
      </button>
      <span class="grow" />
      <button type="button" class="square" aria-label={t('detail.previous')} disabled={!neighbour(-1)} onClick={() => go(-1)}>
        <Icon name="back" />
      </button>
      <button type="button" class="square next" aria-label={t('detail.next')} disabled={!neighbour(1)} onClick={() => go(1)}>
        <Icon name="back" />
      </button>
    </nav>
  );
}

function DetailBody({ one }: { one: Intervention }) {
  const heading = useRef<HTMLHeadingElement>(null);
  const work = editorModule.value;
  const name = titleOf(one);
  useLayoutEffect(() => {
    announcement.value = t('detail.opened', { title: name.text });
    document.getElementById('tab-content')?.scrollTo(0, 0);
    if (document.activeElement === document.body) heading.current?.focus();
  }, [one.id]);
  const p = one.properties;
  const place = [p.place as string, cityName(plan.value?.cities.get(one.city))].filter(Boolean).join(', ');
  return (
    <>
      <h1 ref={heading} tabIndex={-1} lang={name.language}>
        {name.text}
      </h1>
      {name.text !== one.title && (
        <p class="original" lang={one.language}>
          {one.title}
        </p>
      )}
      <p class="status">
        <StatusSymbol group={one.group} size={18} />
        <b>{codeLabel('status', one.status)}</b>
      </p>
      {work && <work.StatusButtons one={one} />}
      <p class="where">
        {place}
        <span class="muted">
          {' · '}
          {one.geometry ? codeLabel('location_precision', String(p.location_precision ?? 'unknown')) : t('place.none')}
        </span>
        {one.geometry && (
          <button
            type="button"
            class="link"
            onClick={() => {
              sheetFull.value = false;
              cameraGoal.value = { to: 'item', id: one.id };
            }}
          >
            {t('place.show')}
          </button>
        )}
      </p>
      <DetailFlags one={one} />
      {work && <work.EditActions one={one} />}
      <DetailSummary one={one} />
      <DetailDates one={one} />
      <DetailMoney one={one} />
      <CodeChips name="objectives" values={one.objectives} />
      <CodeChips name="functions" values={one.functions} />
      <StepsList value={p.steps} />
      <IndicatorsTable value={p.indicators} />
      <RisksList value={p.risks} />
      <p>
        <button type="button" class="link" onClick={() => findSimilar(one.id)}>
          {t('ask.q.similar')}
        </button>
      </p>
      <OtherFields one={one} />
      <SourcesList value={p.sources} date={p.source_date} />
      <DetailHistory one={one} />
    </>
  );
}

/** The version history, which loads when it is opened. */
function DetailHistory({ one }: { one: Intervention }) {
  const [wanted, setWanted] = useState(false);
  const work = editorModule.value;
  if (work) return <work.VersionHistory one={one} open={wanted} />;
  return (
    <details
      class="block history"
      onToggle={() => {
        setWanted(true);
        void loadEditor();
      }}
    >
      <summary>
        <h2>{t('history.title')}</h2>
        <Icon name="down" />
      </summary>
    </details>
  );
}

/** The record's limits (schematic outline, imprecise date), stated before its content. */
function DetailFlags({ one }: { one: Intervention }) {
  const shown = titleOf(one).language;
  const flags = [
    one.properties.synthetic === true && t('flag.synthetic'),
    one.properties.schematic === true && t('flag.schematic'),
    shown !== language.value && t('flag.language', { shown: codeLabel('language', shown), wanted: codeLabel('language', language.value) }),
  ].filter(Boolean);
  if (!flags.length) return null;
  return (
    <ul class="flags">
      {flags.map((text) => (
        <li key={text}>{text}</li>
      ))}
    </ul>
  );
}

function DetailDates({ one }: { one: Intervention }) {
  const span = yearSpan(one);
  const { date_note: note, recurrence } = one.properties;
  return (
    <section class="block">
      <h2>{t('detail.when')}</h2>
      <p class="big">{formatPeriod(one)}</p>
      {span && <DateBar one={one} span={span} />}
      {recurrence ? <p>{String(recurrence)}</p> : null}
      {note ? <p class="note">{String(note)}</p> : null}
    </section>
  );
}

/** The period on an axis of whole years that includes today. */
function DateBar({ one, span }: { one: Intervention; span: [number, number] }) {
  const now = new Date();
  const first = Math.min(span[0], now.getUTCFullYear());
  const last = Math.max(span[1], now.getUTCFullYear()) + 1;
  const at = (time: number) => ((time - Date.UTC(first, 0)) / (Date.UTC(last, 0) - Date.UTC(first, 0))) * 100;
  const start = one.start ?? one.end!;
  const wholeYear = one.date_precision === 'year' || !one.date_precision || one.date_precision === 'unknown';
  const from = at(wholeYear ? Date.UTC(span[0], 0) : Date.parse(start));
  const to = !one.end ? 100 : at(wholeYear ? Date.UTC(span[1] + 1, 0) : Date.parse(one.end));
  return (
    <div class="dates" aria-hidden="true">
      <div class="line">
        <span class={`run part-${one.group} ${one.end ? '' : 'open'}`} style={{ insetInlineStart: `${from}%`, inlineSize: `${Math.max(to - from, 1.5)}%` }} />
        <span class="now" style={{ insetInlineStart: `${at(now.getTime())}%` }} title={t('date.today', { date: formatDay(now.toISOString()) })} />
      </div>
      <div class="ends">
        <span>{first}</span>
        <span>{last - 1}</span>
      </div>
    </div>
  );
}

function DetailMoney({ one }: { one: Intervention }) {
  const { cost, euShare } = one;
  const part = euShareOf(one);
  const note = one.properties.cost_note;
  return (
    <section class="block">
      <h2>{fieldName('cost')}</h2>
      {cost === null ? (
        <p class="big none">{t('cost.none')}</p>
      ) : (
        <p class="big">
          {formatExactEuros(cost)} <span class="muted">{codeLabel('cost_scope', one.costScope)}</span>
        </p>
      )}
      {part !== null && (
        <>
          <div class="stack euro" aria-hidden="true">
            <span class="part eu" style={{ flexGrow: Math.min(part, 1) }} />
            <span class="part own" style={{ flexGrow: Math.max(1 - part, 0) }} />
          </div>
          <p class="euro-key">
            <span class="key eu" />
            {t('eu.part', { amount: formatExactEuros(euShare!), share: formatPercent(part) })}
            <span class="key own" />
            {t('eu.rest', { amount: formatExactEuros(cost! - euShare!) })}
          </p>
          {part > EU_LIMIT && <p class="note">{t('eu.high', { share: formatPercent(part), limit: formatPercent(EU_LIMIT) })}</p>}
        </>
      )}
      {part === null && euShare !== null && <p>{t('eu.only', { amount: formatExactEuros(euShare) })}</p>}
      {note ? <p class="note">{String(note)}</p> : null}
      <FundingTable value={one.properties.funding} />
    </section>
  );
}

function CodeChips({ name, values }: { name: 'objectives' | 'functions'; values: string[] }) {
  if (!values.length) return null;
  const vocabulary = name === 'objectives' ? 'objective' : 'function';
  return (
    <section class="block">
      <h2>{fieldName(name)}</h2>
      <ul class="chips">
        {values.map((id) => (
          <li key={id} class="chip">
            {name === 'objectives' && <b>{id} </b>}
            {codeLabel(vocabulary, id)}
          </li>
        ))}
      </ul>
    </section>
  );
}

function DetailSummary({ one }: { one: Intervention }) {
  const { summary, summary_en } = one.properties;
  const own = one.language === language.value || !summary_en;
  const text = own ? (summary ?? summary_en) : summary_en;
  if (isEmpty(text)) return null;
  return (
    <p class="lead" lang={own && summary ? one.language : 'en'}>
      {String(text)}
    </p>
  );
}

function OtherFields({ one }: { one: Intervention }) {
  const fields = model.value ? fieldsOf(model.value.schema) : [];
  const shown = fields.filter(([name]) => !PLACED.has(name) && name !== 'source_date' && !isEmpty(one.properties[name]));
  return (
    <section class="block">
      <h2>{t('detail.more')}</h2>
      <dl class="fields">
        {shown.map(([name]) => (
          <div key={name}>
            <dt>{fieldName(name)}</dt>
            <dd>
              <PropertyValue schema={fieldSchema(name)} value={one.properties[name]} />
            </dd>
          </div>
        ))}
        <div>
          <dt>{fieldName('id')}</dt>
          <dd class="code">{one.id}</dd>
        </div>
      </dl>
    </section>
  );
}

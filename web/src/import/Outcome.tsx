// What saving would do: the numbers, each change in words, and the places on a map.
import { useState } from 'preact/hooks';
import { formatPeriod, formatNumber } from '../format';
import { language, t } from '../i18n';
import { plan, titleOf } from '../state';
import { groupOf } from '../symbology';
import { Icon } from '../ui/Icon';
import { codeLabel } from '../ui/labels';
import { StatusSymbol } from '../ui/Symbol';
import { INTERVENTIONS } from '../edit/featureRef';
import { firstChanges, type ImportChange, type ImportDocument, type ImportOutcome } from './importDocument';
import { pickedRow, placePicked, removeMissing } from './importSession';
import { listText, precisionOf, targetName, valueText } from './importTexts';
import { PlacesMap } from './PlacesMap';

const FIRST_CHANGES = 4;
const MORE_CHANGES = 40;

export function Outcome({ now }: { now: ImportDocument }) {
  const { outcome } = now;
  if (!outcome) return null;
  const removed = removeMissing.value ? outcome.missing : outcome.removed;
  const nothing = !outcome.changed && !outcome.new && !removed;
  return (
    <section class="outcome" aria-labelledby="outcome-title">
      <div class="outcome-head">
        <h2 id="outcome-title">{t('outcome.title')}</h2>
        <p class="outcome-counts">
          <Count text={t('outcome.changed', { count: outcome.changed })} count={outcome.changed} />
          <Count text={t('outcome.new', { count: outcome.new })} count={outcome.new} />
          <Count text={t('outcome.removed', { count: removed })} count={removed} />
          {outcome.conflicts > 0 && <Count text={t('outcome.conflicts', { count: outcome.conflicts })} count={outcome.conflicts} look />}
          {outcome.refused > 0 && <Count text={t('outcome.look', { count: outcome.refused })} count={outcome.refused} look />}
        </p>
      </div>
      <div class="outcome-parts">
        <div>
          {nothing && <p>{t(outcome.refused ? 'outcome.onlyRefused' : 'outcome.nothing')}</p>}
          <Changes now={now} outcome={outcome} />
          {outcome.kept_empty ? <p class="note">{t('outcome.keptEmpty', { count: outcome.kept_empty })}</p> : null}
          {outcome.missing > 0 && (
            <label class="choice">
              <input type="checkbox" id="remove-missing" checked={removeMissing.value} onChange={() => (removeMissing.value = !removeMissing.value)} />
              <span>{t('outcome.missing', { count: outcome.missing })}</span>
            </label>
          )}
        </div>
        <OutcomeMap now={now} outcome={outcome} />
      </div>
    </section>
  );
}

/** "14 changed", the number larger. */
function Count({ text, count, look = false }: { text: string; count: number; look?: boolean }) {
  const number = formatNumber(count);
  const at = text.indexOf(number);
  return (
    <span class={look ? 'count look' : 'count'}>
      {look && <Icon name="warning" />}
      {at < 0 ? (
        <span>{text}</span>
      ) : (
        <span>
          {text.slice(0, at)}
          <b>{number}</b>
          {text.slice(at + number.length)}
        </span>
      )}
    </span>
  );
}

function Changes({ now, outcome: { changes, changed, new: created } }: { now: ImportDocument; outcome: ImportOutcome }) {
  const [most, setMost] = useState(FIRST_CHANGES);
  const shown = firstChanges(changes, most);
  const total = changed + created;
  return (
    <>
      <ul class="changes">
        {shown.map((one) => (
          <Change key={one.feature + one.row} one={one} now={now} />
        ))}
      </ul>
      {shown.length < changes.length && (
        <button type="button" class="link" onClick={() => setMost(most + MORE_CHANGES)}>
          {restText(changes, shown)}
        </button>
      )}
      {shown.length === changes.length && shown.length < total && <p class="note">{t('outcome.further', { rest: total - shown.length })}</p>}
    </>
  );
}

/** "11 more changed, 2 more new" */
function restText(changes: readonly ImportChange[], shown: readonly ImportChange[]): string {
  const rest = changes.filter((one) => !shown.includes(one));
  const created = rest.filter(({ kind }) => kind === 'new').length;
  const changed = rest.length - created;
  return [changed > 0 && t('outcome.moreChanged', { count: changed }), created > 0 && t('outcome.moreNew', { count: created })].filter(Boolean).join(', ');
}

const newValue = ({ fields }: ImportChange, name: string) => fields.find(({ field }) => field === name)?.to;
const textOf = (value: unknown) => (typeof value === 'string' && value ? value : undefined);

function Change({ one, now }: { one: ImportChange; now: ImportDocument }) {
  const existing = plan.value?.byId.get(one.feature);
  const status = textOf(newValue(one, 'status')) ?? existing?.status;
  const name = existing ? titleOf(existing) : { text: one.title, language: textOf(newValue(one, 'language')) };
  return (
    <li class="change" data-feature={one.feature}>
      {now.into === INTERVENTIONS ? <StatusSymbol group={groupOf(status)} size={13} /> : <span class="change-dot" aria-hidden="true" />}
      <div>
        <p class="change-title">
          <b lang={name.language}>{name.text}</b> {one.code && <span class="muted">{one.code}</span>}
          {name.language && name.language !== language.value && (
            <abbr class="tongue" title={codeLabel('language', name.language)}>
              {name.language}
            </abbr>
          )}
          {one.kind === 'new' && <span class="new-badge">{t('outcome.isNew')}</span>}
        </p>
        <p class="change-what">{one.kind === 'new' ? <NewValues one={one} now={now} /> : <Differences one={one} now={now} />}</p>
        {one.conflicts && one.conflicts.length > 0 && (
          <p class="fault">{t('outcome.conflict', { fields: listText(one.conflicts.map((name) => targetName(name, now.into))) })}</p>
        )}
      </div>
    </li>
  );
}

/** Fields that say nothing by themselves in a list of differences. */
const QUIET = ['date_precision', 'location_precision'];

function Differences({ one, now: { into } }: { one: ImportChange; now: ImportDocument }) {
  const shown = one.fields.filter(({ field }) => !QUIET.includes(field) || one.fields.length === 1);
  return (
    <>
      {shown.map(({ field, from, to }, i) => (
        <span key={field}>
          {i > 0 && ' · '}
          {targetName(field, into)} <del>{valueText(field, from, into, precisionOf(one.feature, one.fields, 'from'))}</del>
          <span aria-hidden="true"> → </span>
          <ins>{valueText(field, to, into, precisionOf(one.feature, one.fields, 'to'))}</ins>
        </span>
      ))}
      {one.geometry_changed && (
        <span>
          {shown.length > 0 && ' · '}
          <ins>{t('outcome.placeChanged')}</ins>
        </span>
      )}
    </>
  );
}

/** Status, period and cost of a new intervention; the first values of another feature. */
function NewValues({ one, now: { into } }: { one: ImportChange; now: ImportDocument }) {
  if (into !== INTERVENTIONS) {
    const first = one.fields.filter(({ field }) => !['title', 'name', 'id'].includes(field)).slice(0, 3);
    return <>{first.map(({ field, to }) => `${targetName(field, into)} ${valueText(field, to, into, 'day')}`).join(' · ')}</>;
  }
  const status = textOf(newValue(one, 'status'));
  const period = { start: textOf(newValue(one, 'start')), end: textOf(newValue(one, 'end')), date_precision: textOf(newValue(one, 'date_precision')) };
  return (
    <>
      {status && <b>{codeLabel('status', status)}</b>}
      {[status && '', formatPeriod(period), valueText('cost', newValue(one, 'cost'), into, 'day')].filter((part) => part !== undefined).join(' · ')}
    </>
  );
}

function OutcomeMap({ now, outcome: { places } }: { now: ImportDocument; outcome: ImportOutcome }) {
  const picked = pickedRow.value;
  if (!places.features.length && !picked) return null;
  const created = places.features.filter(({ properties }) => properties?.kind === 'new').length;
  const statuses = new Map((now.preview?.rows ?? []).flatMap(({ feature }) => (feature ? [[feature, plan.value?.byId.get(feature)?.status ?? '']] : [])));
  for (const one of now.outcome?.changes ?? []) {
    const status = textOf(newValue(one, 'status'));
    if (status) statuses.set(one.feature, status);
  }
  return (
    <figure class={picked ? 'outcome-map picking' : 'outcome-map'}>
      {picked && (
        <p class="pick-how">
          {t('pick.how', { title: picked.title })}{' '}
          <button type="button" class="link" onClick={() => (pickedRow.value = null)}>
            {t('pick.leave')}
          </button>
        </p>
      )}
      <PlacesMap
        places={places}
        statuses={statuses}
        label={t('outcome.map')}
        picked={picked ? placePicked : undefined}
        leave={() => (pickedRow.value = null)}
      />
      <figcaption class="note">
        {t('outcome.places', { count: places.features.length })}
        {created > 0 && (
          <>
            , {t('outcome.new', { count: created })} <span class="plus-sign" aria-hidden="true" />
          </>
        )}
      </figcaption>
    </figure>
  );
}

// The basis of an answer: what was not counted, by which rules; and its export.
import { useState } from 'preact/hooks';
import type { Feature } from 'geojson';
import { language, t, type MessageKey } from '../i18n';
import { announcement, plan, selectIntervention, titleOf } from '../state';
import { codeLabel } from '../ui/labels';
import { resultGeojson, featuresCsv, mergeLeftOut, numbersCsv, type ProcessResult } from './processResult';

/** Reasons other than statuses, which have labels of their own. */
const REASON_TEXTS: Record<string, MessageKey> = {
  without_place: 'left.without_place',
  undated: 'left.undated',
  without_cost: 'left.without_cost',
  programme_cost: 'left.programme_cost',
  abandoned: 'left.abandoned',
  without_size: 'left.without_size',
  outside_denominator: 'left.outside_denominator',
  without_group: 'left.without_group',
  away_from_streets: 'left.away_from_streets',
  programme: 'left.programme',
  other_survey: 'left.other_survey',
  area_without_place: 'left.area_without_place',
  other_without_place: 'left.other_without_place',
  other_undated: 'left.other_undated',
  without_population: 'left.without_population',
  without_intervention: 'left.without_intervention',
};

export const reasonText = (reason: string): string =>
  REASON_TEXTS[reason] ? t(REASON_TEXTS[reason]) : codeLabel('status', reason).toLocaleLowerCase(language.value).replaceAll('_', ' ');

export function AnswerBasis({ parts, ofCity }: { parts: Record<string, ProcessResult>; ofCity: (id: string) => boolean }) {
  const answers = Object.values(parts);
  const left = [...mergeLeftOut(answers)].map(([reason, ids]) => [reason, ids.filter(ofCity)] as const).filter(([, ids]) => ids.length);
  const rules = [...new Set(answers.flatMap((one) => one.rules))];
  return (
    <>
      {left.length > 0 && (
        <details class="fold">
          <summary>{t('left.title', { count: new Set(left.flatMap(([, ids]) => ids)).size })}</summary>
          <dl class="left-out">
            {left.map(([reason, ids]) => (
              <div key={reason}>
                <dt>
                  {reasonText(reason)} <span class="muted">({ids.length})</span>
                </dt>
                <dd>
                  <IdList ids={ids} />
                </dd>
              </div>
            ))}
          </dl>
        </details>
      )}
      <details class="fold">
        <summary>{t('basis.title')}</summary>
        <ul class="rules" lang="en">
          {rules.map((rule) => (
            <li key={rule}>{rule}</li>
          ))}
        </ul>
      </details>
    </>
  );
}

const FEW = 12;

function IdList({ ids }: { ids: string[] }) {
  const [all, setAll] = useState(false);
  return (
    <ul class="plain">
      {(all ? ids : ids.slice(0, FEW)).map((id) => {
        const one = plan.value?.byId.get(id);
        return (
          <li key={id}>
            {one ? (
              <button type="button" class="link" lang={titleOf(one).language} onClick={() => selectIntervention(id, true)}>
                {titleOf(one).text}
              </button>
            ) : (
              id
            )}
          </li>
        );
      })}
      {!all && ids.length > FEW && (
        <li>
          <button type="button" class="link" onClick={() => setAll(true)}>
            {t('list.more', { count: ids.length - FEW })}
          </button>
        </li>
      )}
    </ul>
  );
}

export function AnswerExport({ parts, shapes, name }: { parts: Record<string, ProcessResult>; shapes: Feature[]; name: string }) {
  const list = featuresCsv(parts);
  return (
    <div class="export" role="group" aria-label={t('export.title')}>
      <button
        type="button"
        class="button"
        onClick={() => saveFile(`${name}.geojson`, 'application/geo+json', resultGeojson(parts, { link: location.href, shapes }))}
      >
        {t('export.geojson')}
      </button>
      <button type="button" class="button" onClick={() => saveFile(`${name}-numbers.csv`, 'text/csv', numbersCsv(parts))}>
        {t('export.numbers')}
      </button>
      {list && (
        <button type="button" class="button" onClick={() => saveFile(`${name}-list.csv`, 'text/csv', list)}>
          {t('export.list')}
        </button>
      )}
      <CopyLink />
    </div>
  );
}

function CopyLink() {
  const [shown, setShown] = useState(false);
  const copy = () =>
    navigator.clipboard
      .writeText(location.href)
      .then(() => (announcement.value = t('export.copied')))
      .catch(() => setShown(true)); // the clipboard may be forbidden; the link is then shown for copying by hand
  return shown ? (
    <input class="link-text" readOnly value={location.href} aria-label={t('export.link')} onFocus={(event) => event.currentTarget.select()} />
  ) : (
    <button type="button" class="button" onClick={() => void copy()}>
      {t('export.link')}
    </button>
  );
}

/** Saves a file. CSV gets a byte order mark, by which spreadsheets recognise UTF-8. */
function saveFile(name: string, type: string, text: string): void {
  const mark = type === 'text/csv' ? '\ufeff' : '';
  const url = URL.createObjectURL(new Blob([mark + text], { type: `${type};charset=utf-8` }));
  Object.assign(document.createElement('a'), { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

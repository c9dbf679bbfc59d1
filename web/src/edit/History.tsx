// The version history of an intervention: who changed what and when. Any version can be restored.
import { useEffect, useState } from 'preact/hooks';
import { formatDayAndHour } from '../format';
import { language, t } from '../i18n';
import { fieldTitle } from '../model';
import type { Intervention } from '../plan';
import { model } from '../state';
import { Icon } from '../ui/Icon';
import { restoreVersion } from './quickEdits';
import { changedFields, fieldValue } from './featureChange';
import { FieldValue } from './Conflict';
import { fetchHistory, type HistoryVersion } from './editApi';

export function History({ one, mayRestore, opened }: { one: Intervention; mayRestore: boolean; opened: boolean }) {
  const [open, setOpen] = useState(opened);
  const [versions, setVersions] = useState<HistoryVersion[] | null | 'asking'>('asking');
  useEffect(() => {
    if (open) void fetchHistory(one.id).then(setVersions);
  }, [open, one]);
  return (
    <details class="block history" open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <h2>{t('history.title')}</h2>
        <Icon name="down" />
      </summary>
      {versions === null && <p class="note">{t('history.unreachable')}</p>}
      {Array.isArray(versions) && !versions.length && <p class="note">{t('history.none')}</p>}
      {Array.isArray(versions) && (
        <ol class="versions">
          {versions.map((version, i) => (
            <VersionLine key={version.revision} id={one.id} version={version} newest={i === 0} mayRestore={mayRestore} />
          ))}
        </ol>
      )}
    </details>
  );
}

function VersionLine({ id, version, newest, mayRestore }: { id: string; version: HistoryVersion; newest: boolean; mayRestore: boolean }) {
  const { before, after, author, at } = version;
  const fields = before && after ? changedFields(before, after) : [];
  const what = !before ? t('history.created') : !after ? t('history.removed') : t('history.changed', { count: fields.length });
  return (
    <li>
      <p>
        <b>{what}</b> <span class="muted">{t('history.by', { author, when: formatDayAndHour(at) })}</span>
      </p>
      {fields.length > 0 && (
        <dl class="fields">
          {fields.map((field) => (
            <div key={field}>
              <dt>{fieldTitle(model.value?.schema.properties?.[field], field, language.value)}</dt>
              <dd>
                <del>
                  <FieldValue field={field} schema={model.value?.schema.properties?.[field]} value={fieldValue(before!, field)} />
                </del>
                <ins>
                  <FieldValue field={field} schema={model.value?.schema.properties?.[field]} value={fieldValue(after!, field)} />
                </ins>
              </dd>
            </div>
          ))}
        </dl>
      )}
      {!newest && after && mayRestore && (
        <button type="button" class="button" onClick={() => void restoreVersion(id, version)}>
          {t('history.restore', { when: formatDayAndHour(at) })}
        </button>
      )}
      {newest && <p class="note">{t('history.now')}</p>}
    </li>
  );
}

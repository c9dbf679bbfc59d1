// What a person can do with the intervention in the detail: change its status, edit, duplicate, remove; or why they
// cannot.
import { useEffect } from 'preact/hooks';
import { formatDayAndHour } from '../format';
import { t, type MessageKey } from '../i18n';
import type { Intervention } from '../plan';
import { cityName, plan } from '../state';
import { account } from '../state/session';
import { groupOf } from '../symbology';
import { codeLabel } from '../ui/labels';
import { StatusSymbol } from '../ui/Symbol';
import { hasPendingChange, nextStatuses, removeIntervention, setStatus } from './quickEdits';
import { drafts, editError } from './editorState';
import { duplicateIntervention, editItem, isTouched, resumeDraft, copyAsIdea } from './drafts';
import { History } from './History';
import { loadOwnership, denialFor } from './ownership';
import { editableCities, type EditDenial } from './permissions';

/** Why the person may not edit it, asked for when it is shown; null while that is not known. */
function useEditDenial(one: Intervention): EditDenial | null {
  useEffect(() => void loadOwnership([one.id]), [one.id, account.value?.login]);
  return denialFor(one);
}

const DENIAL_TEXTS: Record<Exclude<EditDenial, ''>, MessageKey> = { viewer: 'why.viewer', city: 'why.city', own: 'why.own', none: 'why.none' };

/** Buttons for the next statuses, under the title. */
export function StatusButtons({ one }: { one: Intervention }) {
  const why = useEditDenial(one);
  if (!account.value) return null;
  const moves = nextStatuses(one.status);
  if (why !== '') return null;
  return (
    <div class="moves" role="group" aria-label={t('status.change')}>
      {hasPendingChange(one.id) && <p class="note">{t('waiting.this')}</p>}
      {moves.length > 0 && <span class="muted">{t('status.next')}</span>}
      {moves.map((status) => (
        <button type="button" key={status} class="button move" onClick={() => void setStatus(one, status, codeLabel('status', status))}>
          <StatusSymbol group={groupOf(status)} />
          {codeLabel('status', status)}
        </button>
      ))}
    </div>
  );
}

/** Edit, duplicate and remove; or the reason why not. */
export function EditActions({ one }: { one: Intervention }) {
  const why = useEditDenial(one);
  if (!account.value) return null;
  const left = drafts.value.find(({ key }) => key === one.id);
  const cities = account.value.cities.map((id) => cityName(plan.value?.cities.get(id)) || id).join(', ');
  const mayAdd = editableCities(account.value, [...(plan.value?.cities.keys() ?? [])]).length > 0;
  return (
    <>
      {editError.value && (
        <p class="fault" role="alert">
          {editError.value}
        </p>
      )}
      {left && isTouched(left) && (
        <div class="hint">
          <p>{t('draft.here', { when: formatDayAndHour(left.at) })}</p>
          <button type="button" class="button" onClick={() => resumeDraft(left.key)}>
            {t('draft.resume')}
          </button>
        </div>
      )}
      {why ? <p class="hint">{t(DENIAL_TEXTS[why], { cities, city: cityName(plan.value?.cities.get(one.city)) })}</p> : null}
      <div class="actions">
        {why === '' && (
          <button type="button" class="button primary" id="edit" onClick={() => void editItem(one.id)}>
            {t('edit.edit')}
          </button>
        )}
        {why === '' && (
          <button type="button" class="button" onClick={() => duplicateIntervention(one)}>
            {t('edit.duplicate')}
          </button>
        )}
        {why === 'city' && mayAdd && (
          <button type="button" class="button" onClick={() => copyAsIdea(one)}>
            {t('edit.takeOver')}
          </button>
        )}
        {why === '' && (
          <button type="button" class="button danger" onClick={() => void removeIntervention(one)}>
            {t('edit.remove')}
          </button>
        )}
      </div>
    </>
  );
}

/** The version history, at the end of the detail. */
export function VersionHistory({ one, open }: { one: Intervention; open: boolean }) {
  const why = useEditDenial(one);
  return <History one={one} mayRestore={why === ''} opened={open} />;
}

// What can be done with the intervention that is read: its next status in one click, editing, a copy, removal; and why not.
import { useEffect } from 'preact/hooks';
import { dayAndHour } from '../format';
import { t, type MessageKey } from '../i18n';
import type { Intervention } from '../plan';
import { cityName, plan } from '../state';
import { account } from '../state/session';
import { groupOf } from '../symbology';
import { label } from '../ui/labels';
import { Sign } from '../ui/Symbol';
import { isWaiting, movesFrom, remove, setStatus } from './quickEdits';
import { drafts, trouble } from './editorState';
import { duplicate, edit, isTouched, resumeDraft, takeOver } from './drafts';
import { History } from './History';
import { learnOwn, reasonAgainst } from './ownership';
import { citiesOpen, type EditDenial } from './permissions';

/** Why it may not be changed, asked for where it is shown; null while that is not known. */
function useReason(one: Intervention): EditDenial | null {
  useEffect(() => void learnOwn([one.id]), [one.id, account.value?.login]);
  return reasonAgainst(one);
}

const WHY: Record<Exclude<EditDenial, ''>, MessageKey> = { viewer: 'why.viewer', city: 'why.city', own: 'why.own', none: 'why.none' };

/** Under the title: the next status in one click. */
export function Moves({ one }: { one: Intervention }) {
  const why = useReason(one);
  if (!account.value) return null;
  const moves = movesFrom(one.status);
  if (why !== '') return null;
  return (
    <div class="moves" role="group" aria-label={t('status.change')}>
      {isWaiting(one.id) && <p class="note">{t('waiting.this')}</p>}
      {moves.length > 0 && <span class="muted">{t('status.next')}</span>}
      {moves.map((status) => (
        <button type="button" key={status} class="button move" onClick={() => void setStatus(one, status, label('status', status))}>
          <Sign group={groupOf(status)} />
          {label('status', status)}
        </button>
      ))}
    </div>
  );
}

/** Editing, a copy, removal; or why not. */
export function Actions({ one }: { one: Intervention }) {
  const why = useReason(one);
  if (!account.value) return null;
  const left = drafts.value.find(({ key }) => key === one.id);
  const cities = account.value.cities.map((id) => cityName(plan.value?.cities.get(id)) || id).join(', ');
  const mayAdd = citiesOpen(account.value, [...(plan.value?.cities.keys() ?? [])]).length > 0;
  return (
    <>
      {trouble.value && (
        <p class="fault" role="alert">
          {trouble.value}
        </p>
      )}
      {left && isTouched(left) && (
        <div class="hint">
          <p>{t('draft.here', { when: dayAndHour(left.at) })}</p>
          <button type="button" class="button" onClick={() => resumeDraft(left.key)}>
            {t('draft.resume')}
          </button>
        </div>
      )}
      {why ? <p class="hint">{t(WHY[why], { cities, city: cityName(plan.value?.cities.get(one.city)) })}</p> : null}
      <div class="actions">
        {why === '' && (
          <button type="button" class="button primary" id="edit" onClick={() => void edit(one.id)}>
            {t('edit.edit')}
          </button>
        )}
        {why === '' && (
          <button type="button" class="button" onClick={() => duplicate(one)}>
            {t('edit.duplicate')}
          </button>
        )}
        {why === 'city' && mayAdd && (
          <button type="button" class="button" onClick={() => takeOver(one)}>
            {t('edit.takeOver')}
          </button>
        )}
        {why === '' && (
          <button type="button" class="button danger" onClick={() => void remove(one)}>
            {t('edit.remove')}
          </button>
        )}
      </div>
    </>
  );
}

/** At the end of the detail: how it came to be as it is. */
export function Past({ one, open }: { one: Intervention; open: boolean }) {
  const why = useReason(one);
  return <History one={one} mayRestore={why === ''} opened={open} />;
}

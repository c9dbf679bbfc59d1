// The editor's toolbar under the tabs: new intervention, undo and redo, drafts, and changes that wait to be sent.
import { t } from '../i18n';
import { plan, selected, tab } from '../state';
import { feedLost, reloadPlan } from '../state/planChanges';
import { cachedSince } from '../state/offlineCache';
import { account } from '../state/session';
import { Icon } from '../ui/Icon';
import { redoLast, undoLast, sendPending } from './commit';
import { openPendingConflict } from './resolveConflict';
import { browsedCollection, openDraft, drafts, dropPending, editSteps, pendingChanges } from './editorState';
import { discardDraft, isTouched, startDraft, resumeDraft, titleOfDraft } from './drafts';
import type { FeatureDraft, PendingChange } from './deviceStorage';
import { FilePicker } from './FilePicker';
import { editableCities } from './permissions';
import { askToSignIn, sessionEnded } from './signInRequest';

export function EditToolbar() {
  if (!account.value || openDraft.value) return null;
  const mayAdd = editableCities(account.value, [...(plan.value?.cities.keys() ?? [])]).length > 0;
  const { done, undone } = editSteps.value;
  const [last, next] = [done.at(-1), undone.at(-1)];
  const undoName = last ? t('undo.label', { label: last.label }) : t('undo.none');
  const redoName = next ? t('redo.label', { label: next.label }) : t('redo.none');
  return (
    <div class="workbar">
      <div class="line">
        <button type="button" class="button" id="new" disabled={!mayAdd} onClick={() => startDraft()}>
          <Icon name="plus" />
          {t('edit.new')}
        </button>
        <span class="grow" />
        <button type="button" class="square" id="undo" aria-label={undoName} title={undoName} aria-disabled={!last} onClick={() => void undoLast()}>
          <Icon name="undo" />
        </button>
        <button type="button" class="square" id="redo" aria-label={redoName} title={redoName} aria-disabled={!next} onClick={() => void redoLast()}>
          <Icon name="redo" />
        </button>
      </div>
      {!mayAdd && <p class="note">{t('why.viewer')}</p>}
      {mayAdd && (
        <div class="ways">
          {browsedCollection.value === null && (
            <button type="button" class="link" id="data" onClick={openDataBrowser}>
              {t('data.title')}
            </button>
          )}
          <FilePicker name={t('entry.open')} id="bring-in" />
        </div>
      )}
      {feedLost.value && <p class="note">{t(cachedSince.value === null ? 'live.lost' : 'live.goOn')}</p>}
      {pendingChanges.value.length > 0 && <PendingList list={pendingChanges.value} />}
      <DraftList list={drafts.value.filter((one) => isTouched(one))} />
    </div>
  );
}

function openDataBrowser(): void {
  selected.value = '';
  tab.value = 'plan';
  browsedCollection.value = '';
}

function PendingList({ list }: { list: readonly PendingChange[] }) {
  const plain = list.filter(({ stuck }) => !stuck);
  return (
    <section class="hint" aria-label={t('waiting.label')}>
      {plain.length > 0 && (
        <>
          <p>{sessionEnded.value ? t('waiting.signIn', { count: plain.length }) : t('waiting.count', { count: plain.length })}</p>
          <ul class="plain">
            {plain.map(({ key, label }) => (
              <li key={key}>{label}</li>
            ))}
          </ul>
          <button type="button" class="button" onClick={() => (sessionEnded.value ? askToSignIn(t('signin.ended')) : void sendPending())}>
            {sessionEnded.value ? t('account.signIn') : t('waiting.now')}
          </button>
        </>
      )}
      {list
        .filter(({ stuck }) => stuck)
        .map((one) => (
          <BlockedChange key={one.key} one={one} />
        ))}
    </section>
  );
}

function BlockedChange({ one: { key, label, stuck } }: { one: PendingChange }) {
  const drop = () => {
    dropPending(key);
    void reloadPlan();
  };
  return (
    <div class="stuck">
      <p>
        <b>{label}</b>
      </p>
      {stuck === 'stale' ? (
        <p>{t('waiting.staleWhy')}</p>
      ) : (
        <p lang="en" class="fault">
          {typeof stuck === 'object' && stuck.sentence}
        </p>
      )}
      <div class="actions">
        {stuck === 'stale' && (
          <button type="button" class="button primary" onClick={() => void openPendingConflict(key)}>
            {t('waiting.decide')}
          </button>
        )}
        <button type="button" class="button" onClick={drop}>
          {t('waiting.drop')}
        </button>
      </div>
    </div>
  );
}

function DraftList({ list }: { list: readonly FeatureDraft[] }) {
  if (!list.length) return null;
  return (
    <section class="hint" aria-label={t('draft.label')}>
      <p>{t('draft.left', { count: list.length })}</p>
      <ul class="plain">
        {list.map((one) => (
          <li key={one.key} class="entry">
            <button type="button" class="link grow" onClick={() => resumeDraft(one.key)}>
              {titleOfDraft(one)}
            </button>
            <button type="button" class="square" aria-label={t('draft.discardOne', { title: titleOfDraft(one) })} onClick={() => discardDraft(one.key)}>
              <Icon name="close" />
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

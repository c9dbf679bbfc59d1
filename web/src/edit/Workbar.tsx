// Under the tabs, for who is signed in: a new intervention, undo and redo, drafts that were left, and what waits to be sent.
import { t } from '../i18n';
import { plan, selected, tab } from '../state';
import { lost, reload } from '../state/planChanges';
import { keptSince } from '../state/offlineCache';
import { account } from '../state/session';
import { Icon } from '../ui/Icon';
import { redo, undo, flush } from './commit';
import { look } from './resolveConflict';
import { browsing, draft, drafts, dropWaiting, steps, waiting } from './editorState';
import { discard, isTouched, make, resumeDraft, titleOfDraft } from './drafts';
import type { FeatureDraft, PendingChange } from './deviceStorage';
import { citiesOpen } from './permissions';
import { askToSignIn, ended } from './signInRequest';

export function Workbar() {
  if (!account.value || draft.value) return null;
  const mayAdd = citiesOpen(account.value, [...(plan.value?.cities.keys() ?? [])]).length > 0;
  const { done, undone } = steps.value;
  const [last, next] = [done.at(-1), undone.at(-1)];
  const undoName = last ? t('undo.label', { label: last.label }) : t('undo.none');
  const redoName = next ? t('redo.label', { label: next.label }) : t('redo.none');
  return (
    <div class="workbar">
      <div class="line">
        <button type="button" class="button" id="new" disabled={!mayAdd} onClick={() => make()}>
          <Icon name="plus" />
          {t('edit.new')}
        </button>
        <span class="grow" />
        <button type="button" class="square" id="undo" aria-label={undoName} title={undoName} aria-disabled={!last} onClick={() => void undo()}>
          <Icon name="undo" />
        </button>
        <button type="button" class="square" id="redo" aria-label={redoName} title={redoName} aria-disabled={!next} onClick={() => void redo()}>
          <Icon name="redo" />
        </button>
      </div>
      {!mayAdd && <p class="note">{t('why.viewer')}</p>}
      {mayAdd && browsing.value === null && (
        <button type="button" class="link" id="data" onClick={browse}>
          {t('data.title')}
        </button>
      )}
      {lost.value && <p class="note">{t(keptSince.value === null ? 'live.lost' : 'live.goOn')}</p>}
      {waiting.value.length > 0 && <Unsent list={waiting.value} />}
      <Left list={drafts.value.filter((one) => isTouched(one))} />
    </div>
  );
}

function browse(): void {
  selected.value = '';
  tab.value = 'plan';
  browsing.value = '';
}

function Unsent({ list }: { list: readonly PendingChange[] }) {
  const plain = list.filter(({ stuck }) => !stuck);
  return (
    <section class="hint" aria-label={t('waiting.label')}>
      {plain.length > 0 && (
        <>
          <p>{ended.value ? t('waiting.signIn', { count: plain.length }) : t('waiting.count', { count: plain.length })}</p>
          <ul class="plain">
            {plain.map(({ key, label }) => (
              <li key={key}>{label}</li>
            ))}
          </ul>
          <button type="button" class="button" onClick={() => (ended.value ? askToSignIn(t('signin.ended')) : void flush())}>
            {ended.value ? t('account.signIn') : t('waiting.now')}
          </button>
        </>
      )}
      {list
        .filter(({ stuck }) => stuck)
        .map((one) => (
          <Stuck key={one.key} one={one} />
        ))}
    </section>
  );
}

function Stuck({ one: { key, label, stuck } }: { one: PendingChange }) {
  const drop = () => {
    dropWaiting(key);
    void reload();
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
          <button type="button" class="button primary" onClick={() => void look(key)}>
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

function Left({ list }: { list: readonly FeatureDraft[] }) {
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
            <button type="button" class="square" aria-label={t('draft.discardOne', { title: titleOfDraft(one) })} onClick={() => discard(one.key)}>
              <Icon name="close" />
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

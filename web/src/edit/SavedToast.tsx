// What an import saved, with undo, until another change is made or the person closes it.
import { useLayoutEffect, useRef } from 'preact/hooks';
import { t } from '../i18n';
import { Icon } from '../ui/Icon';
import { undoLast } from './commit';
import { closeSaved, savedNow } from './importEntry';

export function SavedToast() {
  const undo = useRef<HTMLButtonElement>(null);
  const saved = savedNow.value;
  useLayoutEffect(() => undo.current?.focus(), [saved]);
  if (!saved) return null;
  const undoSaved = async () => {
    await undoLast();
    document.getElementById('redo')?.focus(); // the button that was pressed is gone
  };
  const counts = [saved.changed > 0 && t('saved.changed', { count: saved.changed }), saved.created > 0 && t('saved.new', { count: saved.created })];
  return (
    <section class="toast" aria-label={t('saved.label')}>
      <Icon name="tick" />
      <p>
        <b>{saved.step.label}</b>
        <span class="note">{counts.filter(Boolean).join(', ')}</span>
      </p>
      <button ref={undo} type="button" class="button" id="undo-import" onClick={() => void undoSaved()}>
        <Icon name="undo" />
        {t('saved.undo')}
      </button>
      <button type="button" class="square" aria-label={t('share.close')} title={t('share.close')} onClick={closeSaved}>
        <Icon name="close" />
      </button>
    </section>
  );
}

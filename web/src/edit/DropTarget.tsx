// A file dropped anywhere on the page opens the import assistant. Shown to those who may add to the plan.
import { useEffect, useState } from 'preact/hooks';
import { t } from '../i18n';
import { Icon } from '../ui/Icon';
import { bringIn, dropProblem, mayBringIn } from './importEntry';

const hasFiles = ({ dataTransfer }: DragEvent) => dataTransfer?.types.includes('Files') ?? false;

export function DropTarget() {
  const [over, setOver] = useState(false);
  useEffect(() => {
    const drag = (event: DragEvent) => {
      if (!hasFiles(event) || !mayBringIn()) return;
      event.preventDefault();
      event.dataTransfer!.dropEffect = 'copy';
      setOver(true);
    };
    const leave = (event: DragEvent) => {
      if (!event.relatedTarget) setOver(false); // the pointer left the window
    };
    const drop = (event: DragEvent) => {
      setOver(false);
      if (!hasFiles(event) || !mayBringIn()) return;
      event.preventDefault();
      const files = [...event.dataTransfer!.files];
      if (files.length === 1) bringIn(files[0]!);
      else dropProblem.value = true;
    };
    addEventListener('dragenter', drag);
    addEventListener('dragover', drag);
    addEventListener('dragleave', leave);
    addEventListener('drop', drop);
    return () => {
      removeEventListener('dragenter', drag);
      removeEventListener('dragover', drag);
      removeEventListener('dragleave', leave);
      removeEventListener('drop', drop);
    };
  }, []);
  if (over) {
    return (
      <div class="drop-target">
        <p>
          <Icon name="file" />
          {t('drop.here')}
        </p>
      </div>
    );
  }
  if (!dropProblem.value) return null;
  return (
    <div class="toast" role="alert">
      <p>{t('drop.one')}</p>
      <button type="button" class="square" aria-label={t('share.close')} title={t('share.close')} onClick={() => (dropProblem.value = false)}>
        <Icon name="close" />
      </button>
    </div>
  );
}

// "Take over as idea": starts the same intervention in one's own city, with a reference to its origin. For accounts
// that may edit.
import { t } from '../i18n';
import { plan, tab } from '../state';
import { editorModule } from '../state/editor';
import { account } from '../state/session';

export function CopyAsIdea({ id }: { id: string }) {
  const one = plan.value?.byId.get(id);
  const work = editorModule.value;
  if (!one || !work || !account.value || account.value.role === 'viewer') return null;
  const take = () => {
    work.copyAsIdea(one);
    tab.value = 'plan';
  };
  return (
    <button type="button" class="button" onClick={take}>
      {t('edit.takeOver')}
    </button>
  );
}

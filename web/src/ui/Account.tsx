// The account at the end of the header. The editor loads when somebody wants to sign in.
import { t } from '../i18n';
import { editorModule, loadEditor } from '../state/editor';
import { account } from '../state/session';

export function AccountButton() {
  const loaded = editorModule.value;
  if (loaded && account.value) return <loaded.AccountMenu />;
  return (
    <button type="button" class="button account" id="sign-in" onClick={() => void loadEditor().then(({ askToSignIn }) => askToSignIn())}>
      {t('account.signIn')}
    </button>
  );
}

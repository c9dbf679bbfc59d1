// Who is signed in, at the end of the header. What an editor works with is fetched when somebody wants to sign in.
import { t } from '../i18n';
import { account, equip, tools } from '../state/session';

export function Account() {
  const loaded = tools.value;
  if (loaded && account.value) return <loaded.AccountMenu />;
  return (
    <button type="button" class="button account" id="sign-in" onClick={() => void equip().then(({ askToSignIn }) => askToSignIn())}>
      {t('account.signIn')}
    </button>
  );
}

// The sign-in dialog and the account menu. A native dialog: Escape closes it and the focus returns to where it was.
import { useEffect, useRef, useState } from 'preact/hooks';
import { t, type MessageKey } from '../i18n';
import { announcement, cityName, plan } from '../state';
import { reloadEverything } from '../state/planChanges';
import { clearCachedAnswers, cacheLoaded } from '../state/offlineCache';
import { account, endSession, startSession, type UserAccount } from '../state/session';
import { Icon } from '../ui/Icon';
import { clearEditorState, drafts, pendingChanges } from './editorState';
import { sendPending } from './commit';
import { sessionEnded, signInReason } from './signInRequest';
import { signIn, signOut } from './editApi';

export function SignInDialog() {
  const dialog = useRef<HTMLDialogElement>(null);
  const why = signInReason.value;
  useEffect(() => {
    if (why !== null && !dialog.current?.open) dialog.current?.showModal();
    if (why === null && dialog.current?.open) dialog.current.close();
  }, [why]);
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby="sign-in-title" onClose={() => (signInReason.value = null)}>
      {why !== null && <SignInForm why={why} />}
    </dialog>
  );
}

function SignInForm({ why }: { why: string }) {
  const [problem, setProblem] = useState<MessageKey | null>(null);
  const [busy, setBusy] = useState(false);
  const [shown, setShown] = useState(false);
  const [secret, setSecret] = useState('');
  const submit = async (event: Event) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    setBusy(true);
    setProblem(null);
    const answer = await signIn(String(form.get('login')).trim(), secret);
    setBusy(false);
    if (answer && typeof answer === 'object') {
      await clearCachedAnswers();
      startSession(answer as UserAccount);
      sessionEnded.value = false;
      signInReason.value = null;
      announcement.value = t('signin.done', { name: account.value?.name ?? '' });
      void reloadEverything().then(() => cacheLoaded(true));
      void sendPending();
      return;
    }
    setProblem(answer === null ? 'signin.unreachable' : answer === 429 ? 'signin.slow' : 'signin.wrong');
    document.getElementById('login')?.focus();
  };
  const password = {
    id: 'password',
    name: 'password',
    class: 'input',
    autocomplete: 'current-password',
    required: true,
    value: secret,
    onInput: (event: { currentTarget: HTMLInputElement }) => setSecret(event.currentTarget.value),
    'aria-describedby': problem ? 'sign-in-problem' : undefined,
  } as const;
  return (
    <form class="form" onSubmit={(event) => void submit(event)}>
      <h1 id="sign-in-title">{t('signin.title')}</h1>
      <p class="muted">{why || t('signin.what')}</p>
      {problem && (
        <p class="fault" id="sign-in-problem" role="alert">
          {t(problem)}
        </p>
      )}
      <div class="field">
        <label for="login">{t('signin.login')}</label>
        <input
          id="login"
          name="login"
          class="input"
          autocomplete="username"
          autocapitalize="none"
          spellcheck={false}
          required
          autofocus
          aria-describedby={problem ? 'sign-in-problem' : undefined}
        />
      </div>
      <div class="field">
        <label for="password">{t('signin.password')}</label>
        {shown ? <input {...password} type="text" /> : <input {...password} type="password" />}
        <label class="choice">
          <input type="checkbox" checked={shown} onChange={() => setShown(!shown)} />
          <span>{t('signin.show')}</span>
        </label>
      </div>
      <p class="note">{t('signin.without')}</p>
      <div class="actions">
        <button type="submit" class="button primary" disabled={busy}>
          {t('account.signIn')}
        </button>
        <button type="button" class="button" onClick={() => (signInReason.value = null)}>
          {t('edit.cancel')}
        </button>
      </div>
    </form>
  );
}

const ROLES: Record<string, MessageKey> = { viewer: 'role.viewer', contributor: 'role.contributor', editor: 'role.editor', admin: 'role.admin' };

export function AccountMenu() {
  const who = account.value;
  if (!who) return null;
  const cities = who.cities.map((id) => cityName(plan.value?.cities.get(id)) || id);
  const leave = async () => {
    await signOut();
    await clearCachedAnswers();
    endSession();
    clearEditorState();
    void reloadEverything().then(() => cacheLoaded(false));
    announcement.value = t('account.signedOut');
    document.getElementById('sign-in')?.focus();
  };
  const left = drafts.value.length + pendingChanges.value.length;
  return (
    <div class="account">
      <button type="button" class="button" popovertarget="account" aria-label={t('account.label', { name: who.name || who.login })}>
        <span class="initial" data-initial={(who.name || who.login).slice(0, 1).toLocaleUpperCase()} />
        <span class="name">{who.name || who.login}</span>
        <Icon name="down" />
      </button>
      <div id="account" popover="auto" class="menu">
        <p>
          <b>{who.name || who.login}</b>
        </p>
        <p class="muted">
          {t(ROLES[who.role] ?? 'role.viewer')}
          {who.role !== 'admin' && cities.length > 0 && `: ${cities.join(', ')}`}
        </p>
        {left > 0 && <p class="note">{t('account.left', { count: left })}</p>}
        <button type="button" class="button wide" onClick={() => void leave()}>
          {t('account.signOut')}
        </button>
      </div>
    </div>
  );
}

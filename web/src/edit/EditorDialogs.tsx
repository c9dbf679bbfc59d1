// What the editor shows over the page: the sign-in dialog, the target of a dropped file, what an import saved.
import { account } from '../state/session';
import { DropTarget } from './DropTarget';
import { SavedToast } from './SavedToast';
import { SignInDialog } from './SignIn';

export function EditorDialogs() {
  return (
    <>
      <SignInDialog />
      {account.value && <DropTarget />}
      <SavedToast />
    </>
  );
}

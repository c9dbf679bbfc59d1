// Everything that only an editor needs, in one piece that is loaded when somebody wants to sign in.
import { computed, effect } from '@preact/signals';
import { tab } from '../state';
import { lost } from '../state/planChanges';
import { account } from '../state/session';
import { flush, redo, undo } from './commit';
import { browsing, deciding, draft, layOut, unkept, waiting } from './editorState';
import { isTouched } from './drafts';
import '../edit.css';
import './messages';

export { Actions, Moves, Past } from './Actions';
export { BulkBar } from './BulkBar';
export { takeOver } from './drafts';
export { Workbench } from './Editor';
export { AccountMenu, SignIn } from './SignIn';
export { askToSignIn } from './signInRequest';
export { Workbar } from './Workbar';

/** Something is in hand that stands where the detail would. */
export const working = computed(() => deciding.value !== null || draft.value !== null || browsing.value !== null);

let begun = false;

/** Somebody has signed in: what they left on this device is laid out, and what waits is sent. */
export function begin(): void {
  layOut();
  if (!begun) {
    begun = true;
    addEventListener('online', () => void flush());
    addEventListener('keydown', keys);
    addEventListener('beforeunload', (event) => {
      if (unkept.value && draft.value && isTouched(draft.value)) event.preventDefault();
    });
    effect(() => {
      if (!lost.value) void flush();
    });
    effect(() => {
      if (deciding.value) tab.value = 'plan';
    });
  }
  if (waiting.value.length) void flush();
}

/** What was saved is undone by the keys, too; within a text or the editor they undo what is there. */
function keys(event: KeyboardEvent): void {
  const key = event.key.toLowerCase();
  const inText = event.target instanceof Element && event.target.matches('input:not([type=checkbox], [type=radio]), textarea, select');
  if (!(event.ctrlKey || event.metaKey) || event.altKey || !['z', 'y'].includes(key) || inText || draft.value || !account.value) return;
  event.preventDefault();
  void (key === 'y' || event.shiftKey ? redo() : undo());
}

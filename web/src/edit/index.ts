// Everything that only an editor needs, in one piece that is loaded when somebody wants to sign in.
import { computed, effect } from '@preact/signals';
import { tab } from '../state';
import { live } from '../state/changes';
import { deciding, draft, layOut, waiting } from './desk';
import { flush } from './commit';
import '../edit.css';

export { Actions, Moves, Past } from './Actions';
export { BulkBar } from './BulkBar';
export { takeOver } from './drafts';
export { Workbench } from './Editor';
export { AccountMenu, SignIn } from './SignIn';
export { askToSignIn } from './signin';
export { Workbar } from './Workbar';

/** Something is in hand that stands where the detail would. */
export const working = computed(() => deciding.value !== null || draft.value !== null);

let begun = false;

/** Somebody has signed in: what they left on this device is laid out, and what waits is sent. */
export function begin(): void {
  layOut();
  if (!begun) {
    begun = true;
    addEventListener('online', () => void flush());
    effect(() => {
      if (live.value) void flush();
    });
    effect(() => {
      if (deciding.value) tab.value = 'plan';
    });
  }
  if (waiting.value.length) void flush();
}

// The editor, as one module that is loaded when somebody signs in. It starts by itself from the account.
import { computed, effect, untracked } from '@preact/signals';
import { t } from '../i18n';
import { tab } from '../state';
import { feedLost } from '../state/planChanges';
import { account } from '../state/session';
import { sendPending, redoLast, undoLast } from './commit';
import { browsedCollection, openConflict, openDraft, loadEditorState, storageFailed } from './editorState';
import { isTouched } from './drafts';
import { closeImport, importOpen } from './importEntry';
import { lazyPart } from '../ui/lazyPart';
import '../edit.css';
import './messages';

export { EditActions, StatusButtons, VersionHistory } from './Actions';
export { BulkBar } from './BulkBar';
export { copyAsIdea } from './drafts';
export { EditorPanel } from './Editor';
export { EditorDialogs } from './EditorDialogs';
export { importOpen } from './importEntry';
export { AccountMenu } from './SignIn';
export { askToSignIn } from './signInRequest';
export { EditToolbar } from './Workbar';

/** True while the editor takes the place of the detail. */
export const editorOpen = computed(() => openConflict.value !== null || openDraft.value !== null || browsedCollection.value !== null);

/** Takes the place of the plan while a file is brought in. */
export const ImportAssistant = lazyPart(
  () => import('../import/ImportPage').then((part) => part.messagesLoaded.then(() => part.ImportPage)),
  () => null,
  { label: () => t('entry.leave'), go: () => closeImport() },
);
export const importTitle = (): string => t('entry.title');

/** Each sign-in loads what this person left on this device, and sends what waits for a connection. */
effect(() => {
  if (!account.value) return;
  untracked(() => {
    loadEditorState();
    void sendPending();
  });
});
effect(() => {
  if (!feedLost.value) void untracked(sendPending);
});
effect(() => {
  if (openConflict.value) tab.value = 'plan';
});
addEventListener('online', () => void sendPending());
addEventListener('keydown', handleUndoKeys);
addEventListener('beforeunload', (event) => {
  if (storageFailed.value && openDraft.value && isTouched(openDraft.value)) event.preventDefault();
});

/** Ctrl+Z and Ctrl+Y undo saved changes; in a text field or the form they belong to the text. */
function handleUndoKeys(event: KeyboardEvent): void {
  const key = event.key.toLowerCase();
  const inText = event.target instanceof Element && event.target.matches('input:not([type=checkbox], [type=radio]), textarea, select');
  if (!(event.ctrlKey || event.metaKey) || event.altKey || !['z', 'y'].includes(key) || inText || openDraft.value || importOpen.value || !account.value) return;
  event.preventDefault();
  void (key === 'y' || event.shiftKey ? redoLast() : undoLast());
}

// Loads the editor (`edit/`) when somebody is signed in or wants to sign in, and not before: a visitor never pays for
// it.
import { effect, signal } from '@preact/signals';
import { account } from './session';

export type EditorModule = typeof import('../edit');

/** Null until the editor is loaded. */
export const editorModule = signal<EditorModule | null>(null);

export async function loadEditor(): Promise<EditorModule> {
  editorModule.value ??= await import('../edit');
  return editorModule.value;
}

/** Without a connection the editor may not come; the page then stays what a visitor sees. */
effect(() => {
  if (account.value) void loadEditor().catch((error: unknown) => console.warn(error));
});

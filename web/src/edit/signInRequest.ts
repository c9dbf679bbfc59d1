// Requests the sign-in dialog from anywhere.
import { signal } from '@preact/signals';

/** The reason, in a sentence; empty when the person opened the dialog; null while it is closed. */
export const signInReason = signal<string | null>(null);

export function askToSignIn(why = ''): void {
  signInReason.value = why;
}

/** True when the session has expired: nothing is sent until the person signs in again. */
export const sessionEnded = signal(false);

// The dialog to sign in, asked for from anywhere.
import { signal } from '@preact/signals';

/** Why it is asked, in a sentence; empty when the person asked for it; null when it is closed. */
export const signInReason = signal<string | null>(null);

export function askToSignIn(why = ''): void {
  signInReason.value = why;
}

/** The session ended while somebody worked: nothing is sent until they sign in again. */
export const sessionEnded = signal(false);

// Whether the map's centre points while keys move the map.
import { signal } from '@preact/signals';

export const keyboardPointing = signal(false);

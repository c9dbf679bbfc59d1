// Whether the map is pointed at with its middle, by keys.
import { signal } from '@preact/signals';

export const keyboardPointing = signal(false);

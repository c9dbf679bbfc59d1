// Splits long work into tasks: in between, the browser handles input and paints.

/** Continues in a new task. */
export function yieldToBrowser(): Promise<void> {
  if ('scheduler' in globalThis && 'yield' in scheduler) return scheduler.yield();
  return new Promise((settle) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => settle();
    port2.postMessage(null);
  });
}

declare const scheduler: { yield(): Promise<void> };

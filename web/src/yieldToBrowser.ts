// Long work in short steps: between two, the browser answers keys and pointer, and paints.

/** Goes on in a task of its own. */
export function yieldToBrowser(): Promise<void> {
  if ('scheduler' in globalThis && 'yield' in scheduler) return scheduler.yield();
  return new Promise((settle) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => settle();
    port2.postMessage(null);
  });
}

declare const scheduler: { yield(): Promise<void> };

// Parts of the page that load when they are first opened. Without a connection, or after an update of the server,
// loading may fail; the part then says so and offers a retry.
import { signal } from '@preact/signals';
import type { ComponentChildren, ComponentType } from 'preact';
import { useEffect } from 'preact/hooks';
import { t } from '../i18n';

/** Loads a component and shows `Waiting` meanwhile. `back` leads out where nothing else on the page does. */
export function lazyPart(load: () => Promise<ComponentType>, Waiting: ComponentType, back?: { label: () => string; go: () => void }): ComponentType {
  const part = signal<{ Part: ComponentType } | null>(null);
  const missing = signal(false);
  return function Fetched() {
    useEffect(() => {
      missing.value = false;
      if (part.value) return;
      void load().then(
        (Part) => (part.value = { Part }),
        () => (missing.value = true),
      );
    }, []);
    if (part.value) return <part.value.Part />;
    if (!missing.value) return <Waiting />;
    return (
      <MissingPart>
        {back && (
          <button type="button" class="button" onClick={back.go}>
            {back.label()}
          </button>
        )}
      </MissingPart>
    );
  };
}

function MissingPart({ children }: { children: ComponentChildren }) {
  return (
    <div class="notice" role="alert">
      <p>{t('failed.text')}</p>
      {children}
      <button type="button" class="button" onClick={() => location.reload()}>
        {t('failed.retry')}
      </button>
    </div>
  );
}

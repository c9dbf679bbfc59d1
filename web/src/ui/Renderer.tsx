// The choice of map renderer, where this build has two, and the limits of the second.
import { t } from '../i18n';
import { rendererBroken, renderer, rustParts, type MapRenderer } from '../state/renderer';
import { Icon } from './Icon';

const RENDERER_NAMES = { gl: 'renderer.gl', rust: 'renderer.rust' } as const;

export function RendererSettings() {
  if (!rustParts.length) return null;
  const choice = (one: MapRenderer) => (
    <label key={one}>
      <input type="radio" name="renderer" checked={renderer.value === one} onChange={() => (renderer.value = one)} />
      {t(RENDERER_NAMES[one])}
    </label>
  );
  return (
    <div class="set">
      <button type="button" class="square" popovertarget="map-settings" aria-label={t('renderer.settings')} title={t('renderer.settings')}>
        <Icon name="settings" />
      </button>
      <div id="map-settings" popover="auto" class="keys">
        <fieldset class="renderers">
          <legend>{t('renderer.label')}</legend>
          {(['gl', 'rust'] as const).map(choice)}
        </fieldset>
      </div>
    </div>
  );
}

export function RendererNotice() {
  if (renderer.value === 'gl') return null;
  return (
    <div class="renderer-notice" role="status">
      <p>{t(rendererBroken.value ? 'renderer.broken' : 'renderer.limits')}</p>
      <button type="button" class="button plain" onClick={() => (renderer.value = 'gl')}>
        {t('renderer.back')}
      </button>
    </div>
  );
}

// The map's tools: measure, second map, list of what is in view, panning without dragging, keyboard help.
import { t, type MessageKey } from '../i18n';
import { mainMap } from '../state';
import { secondMap, openSecondMap } from '../state/secondMap';
import { account } from '../state/session';
import { settle } from './SecondMap';
import { Icon, type IconName } from './Icon';
import { listingInView } from './ViewSummary';
import { measuringOpen } from './Measure';

const KEY_HELP: [string, MessageKey][] = [
  ['← ↑ → ↓', 'help.pan'],
  ['+ −', 'help.zoom'],
  ['Enter', 'help.aim'],
  ['↑ ↓', 'help.list'],
  ['Enter', 'help.open'],
];

/** For signed-in accounts. */
const EDIT_KEY_HELP: [string, MessageKey][] = [
  ['Ctrl Z', 'help.undo'],
  ['Ctrl Y', 'help.redo'],
  ['Ctrl S', 'help.save'],
];

export function MapTools() {
  const tool = (icon: IconName, name: MessageKey, press: () => void) => (
    <button type="button" class="button plain" popovertarget="keys" popovertargetaction="hide" onClick={press}>
      <Icon name={icon} />
      {t(name)}
    </button>
  );
  const only = (one: 'measure' | 'list') => {
    measuringOpen.value = one === 'measure';
    listingInView.value = one === 'list';
  };
  return (
    <>
      <button type="button" class="square" popovertarget="keys" aria-label={t('tools.label')} title={t('tools.label')}>
        <Icon name="tools" />
      </button>
      <section id="keys" popover="auto" class="keys" aria-label={t('tools.label')}>
        <div class="tool-list">
          {tool('ruler', 'measure.label', () => only('measure'))}
          {tool('list', 'view.label', () => only('list'))}
          {tool('two', 'beside.open', () => {
            if (!secondMap.value) openSecondMap();
            settle();
          })}
        </div>
        <h2>{t('pan.label')}</h2>
        <div class="pad">
          {panMap('pan.up', 'up', 0, -1)}
          {panMap('pan.left', 'left', -1, 0)}
          {panMap('pan.right', 'right', 1, 0)}
          {panMap('pan.down', 'down', 0, 1)}
        </div>
        <h2>{t('help.label')}</h2>
        <dl>
          {[...KEY_HELP, ...(account.value ? EDIT_KEY_HELP : [])].map(([keys, what]) => (
            <div key={what}>
              <dt>
                <kbd>{keys}</kbd>
              </dt>
              <dd>{t(what)}</dd>
            </div>
          ))}
        </dl>
      </section>
    </>
  );
}

const PAN_PX = 120;

/** Panning without dragging (WCAG 2.2, 2.5.7). */
function panMap(name: MessageKey, way: string, x: number, y: number) {
  return (
    <button
      type="button"
      class={`square pan-${way}`}
      aria-label={t(name)}
      title={t(name)}
      onClick={() => mainMap.value?.panBy([x * PAN_PX, y * PAN_PX], { duration: 150 })}
    >
      <Icon name="back" />
    </button>
  );
}

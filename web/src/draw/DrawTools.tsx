// The tools for drawing a shape, the same wherever one is drawn: by pointer, by keys, by coordinates.
import './draw.css';
import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { ComponentChildren } from 'preact';
import type { Geometry } from 'geojson';
import './messages';
import { t, type MessageKey } from '../i18n';
import { noMap, sheetFull, theMap } from '../state';
import { Icon, type IconName } from '../ui/Icon';
import { LEAST, readShape, writeShape, type ShapeFault, type ShapeKind } from './coordinates';
import { drawByKeys } from './Crosshair';
import { draw, drawing, layDown, type DrawingState, type DrawTool } from './drawing';

const TOOLS: Record<ShapeKind, [DrawTool, MessageKey, IconName][]> = {
  point: [['point', 'draw.point', 'point']],
  line: [['line', 'draw.line', 'line']],
  polygon: [
    ['polygon', 'draw.polygon', 'polygon'],
    ['circle', 'draw.circle', 'circle'],
    ['freehand', 'draw.freehand', 'freehand'],
  ],
};

const HOW: Record<DrawTool, MessageKey> = {
  point: 'draw.how.point',
  line: 'draw.how.line',
  polygon: 'draw.how.polygon',
  circle: 'draw.how.circle',
  freehand: 'draw.how.freehand',
};

interface DrawToolsProps {
  kind: ShapeKind;
  /** The shape that is there now. */
  shape: Geometry | null;
  /** Told of each change; it must stay the same function while one shape is drawn. */
  change: DrawingState['change'];
  /** Only the ways without a pointer: a tap on the map is taken elsewhere. */
  quiet?: boolean;
  /** What stands in one line with the tools; they then show their icons only. */
  beside?: ComponentChildren;
}

export function DrawTools({ kind, shape, change, quiet = false, beside }: DrawToolsProps) {
  const tool = drawing.value?.change === change ? drawing.value.tool : null;
  const take = (next: DrawTool) => {
    if (tool === next) return layDown();
    draw(next, change);
    sheetFull.value = false;
  };
  return (
    <div class="draw-tools">
      <div class={beside ? 'line beside' : 'line'}>
        {beside}
        {!noMap.value && !quiet && (
          <div class="tools" role="group" aria-label={t('draw.label')}>
            {TOOLS[kind].map(([id, name, icon]) => (
              <button
                type="button"
                key={id}
                class="tool"
                aria-pressed={tool === id}
                aria-label={t(name)}
                title={t(name)}
                disabled={!theMap.value}
                onClick={() => take(id)}
              >
                <Icon name={icon} />
                {!beside && <span>{t(name)}</span>}
              </button>
            ))}
          </div>
        )}
      </div>
      {tool && (
        <p class="note" role="status">
          {t(HOW[tool])}
        </p>
      )}
      <details class="other-ways" open={noMap.value}>
        <summary>{t('draw.other')}</summary>
        {!noMap.value && (
          <button
            type="button"
            class="button wide"
            disabled={!theMap.value}
            onClick={() => {
              sheetFull.value = false;
              drawByKeys(kind, (drawn) => change(drawn, true));
            }}
          >
            {t('draw.keys')}
          </button>
        )}
        <Typed kind={kind} shape={shape} change={change} />
      </details>
    </div>
  );
}

/** Coordinates as text, filled with what is drawn. */
function Typed({ kind, shape, change }: DrawToolsProps) {
  const id = useId();
  const [text, setText] = useState(() => writeShape(shape));
  const [fault, setFault] = useState<ShapeFault | null>(null);
  const written = useRef(shape);
  // Only another shape replaces what is typed, and at once: an effect after the next picture would wipe what is typed until then.
  useLayoutEffect(() => {
    if (written.current === shape) return;
    written.current = shape;
    setText(writeShape(shape));
    setFault(null);
  }, [shape]);
  const use = () => {
    const read = readShape(text, kind);
    setFault(read.fault ?? null);
    if (read.shape) change(read.shape, true);
  };
  return (
    <form
      class="typed"
      onSubmit={(event) => {
        event.preventDefault();
        use();
      }}
    >
      <label for={id}>{t(kind === 'point' ? 'typed.point' : 'typed.corners')}</label>
      <textarea
        id={id}
        rows={kind === 'point' ? 1 : 4}
        spellcheck={false}
        value={text}
        aria-invalid={fault !== null}
        aria-describedby={fault ? `${id}-fault` : undefined}
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' || (kind !== 'point' && !event.ctrlKey && !event.metaKey)) return;
          event.preventDefault();
          use();
        }}
      />
      {fault && (
        <p class="fault" id={`${id}-fault`} role="alert">
          {sayFault(fault, kind)}
        </p>
      )}
      <button type="submit" class="button">
        {t('typed.use')}
      </button>
    </form>
  );
}

function sayFault({ kind, line }: ShapeFault, shape: ShapeKind): string {
  if (kind === 'few') return t('fault.few', { count: LEAST[shape] });
  if (kind === 'crossing') return t('fault.crossing');
  return t(kind === 'range' ? 'fault.range' : 'fault.unread', { line });
}

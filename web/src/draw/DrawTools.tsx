// The drawing tools, the same for queries, edits and measuring: by pointer, by keys, by coordinates.
import './draw.css';
import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { ComponentChildren } from 'preact';
import type { Geometry } from 'geojson';
import './messages';
import { t, type MessageKey } from '../i18n';
import { mapMissing, sheetFull, mainMap } from '../state';
import { Icon, type IconName } from '../ui/Icon';
import { MIN_CORNERS, readShape, writeShape, type ShapeFault, type ShapeKind } from './coordinates';
import { drawWithKeys } from './Crosshair';
import { startDrawing, drawing, releaseTool, type DrawingState, type DrawTool } from './drawing';

const SHAPE_TOOLS: Record<ShapeKind, [DrawTool, MessageKey, IconName][]> = {
  point: [['point', 'draw.point', 'point']],
  line: [['line', 'draw.line', 'line']],
  polygon: [
    ['polygon', 'draw.polygon', 'polygon'],
    ['circle', 'draw.circle', 'circle'],
    ['freehand', 'draw.freehand', 'freehand'],
  ],
};

const TOOL_HINTS: Record<DrawTool, MessageKey> = {
  point: 'draw.how.point',
  line: 'draw.how.line',
  polygon: 'draw.how.polygon',
  circle: 'draw.how.circle',
  freehand: 'draw.how.freehand',
};

interface DrawToolsProps {
  kind: ShapeKind;
  /** The current shape. */
  shape: Geometry | null;
  /** Receives each change. Pass the same function for as long as one shape is drawn. */
  change: DrawingState['change'];
  /** Hides the pointer tools, where a tap on the map already has a meaning. */
  quiet?: boolean;
  /** Content in the same line as the tools, which then show their icons only. */
  beside?: ComponentChildren;
}

export function DrawTools({ kind, shape, change, quiet = false, beside }: DrawToolsProps) {
  const tool = drawing.value?.change === change ? drawing.value.tool : null;
  const take = (next: DrawTool) => {
    if (tool === next) return releaseTool();
    startDrawing(next, change);
    sheetFull.value = false;
  };
  return (
    <div class="draw-tools">
      <div class={beside ? 'line beside' : 'line'}>
        {beside}
        {!mapMissing.value && !quiet && (
          <div class="tools" role="group" aria-label={t('draw.label')}>
            {SHAPE_TOOLS[kind].map(([id, name, icon]) => (
              <button
                type="button"
                key={id}
                class="tool"
                aria-pressed={tool === id}
                aria-label={t(name)}
                title={t(name)}
                disabled={!mainMap.value}
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
          {t(TOOL_HINTS[tool])}
        </p>
      )}
      <details class="other-ways" open={mapMissing.value}>
        <summary>{t('draw.other')}</summary>
        {!mapMissing.value && (
          <button
            type="button"
            class="button wide"
            disabled={!mainMap.value}
            onClick={() => {
              sheetFull.value = false;
              drawWithKeys(kind, (drawn) => change(drawn, true));
            }}
          >
            {t('draw.keys')}
          </button>
        )}
        <TypedCoordinates kind={kind} shape={shape} change={change} />
      </details>
    </div>
  );
}

/** The coordinates of the shape as text. */
function TypedCoordinates({ kind, shape, change }: DrawToolsProps) {
  const id = useId();
  const [text, setText] = useState(() => writeShape(shape));
  const [fault, setFault] = useState<ShapeFault | null>(null);
  const written = useRef(shape);
  // Only another shape replaces the typed text, and before the next paint: a later effect would erase what is typed
  // until then.
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
          {shapeFaultText(fault, kind)}
        </p>
      )}
      <button type="submit" class="button">
        {t('typed.use')}
      </button>
    </form>
  );
}

function shapeFaultText({ kind, line }: ShapeFault, shape: ShapeKind): string {
  if (kind === 'few') return t('fault.few', { count: MIN_CORNERS[shape] });
  if (kind === 'crossing') return t('fault.crossing');
  return t(kind === 'range' ? 'fault.range' : 'fault.unread', { line });
}

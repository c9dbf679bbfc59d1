// Symbology: shape, colour and line pattern of each status group and kind, the same in list, map and legend. Colours
// are custom properties of the stylesheet (`--status-GROUP`); shapes are drawn in a box of 16 × 16.

export type StatusGroup = 'idea' | 'testing' | 'committed' | 'running' | 'done' | 'aside';

export interface SymbolStyle {
  /** Outline of the shape, as an SVG path. */
  shape: string;
  /** A tick drawn on the shape in the panel's colour. */
  tick?: string;
  /** Dash pattern of lines and edges, in line widths; absent for a solid line. */
  dash?: [number, number];
  /** Round caps: very short dashes become dots. */
  round?: boolean;
  /** Line width as a factor of the usual width. */
  width: number;
  /** Opacity of an area's fill. */
  fill: number;
  /** Opacity of a line. */
  line: number;
}

export const GROUPS: readonly StatusGroup[] = ['idea', 'testing', 'committed', 'running', 'done', 'aside'];

export const STATUS_SYMBOLS: Record<StatusGroup, SymbolStyle> = {
  idea: { shape: 'M8 2a6 6 0 1 1 0 12a6 6 0 1 1 0-12z', dash: [0.01, 1.9], round: true, width: 1, fill: 0.16, line: 1 },
  testing: { shape: 'M8 1.6L15 14H1z', dash: [1.3, 0.8], width: 1, fill: 0.2, line: 1 },
  committed: { shape: 'M8 .8L15.2 8L8 15.2L.8 8z', dash: [3.2, 1.1], width: 1, fill: 0.2, line: 1 },
  running: { shape: 'M2 2h12v12H2z', width: 1.35, fill: 0.36, line: 1 },
  done: { shape: 'M2 2h12v12H2z', tick: 'M4.6 8.2l2.4 2.6l4.6-5.4', width: 0.7, fill: 0.16, line: 1 },
  aside: { shape: 'M3.6 1.8L8 6.2l4.4-4.4l1.8 1.8L9.8 8l4.4 4.4l-1.8 1.8L8 9.8l-4.4 4.4l-1.8-1.8L6.2 8L1.8 3.6z', width: 0.7, fill: 0, line: 0.65 },
};

/** Id of a symbol: the name of its colour in the stylesheet, which has one shape and one line pattern. */
export type SymbolId = `status-${StatusGroup}` | `kind-${1 | 2 | 3 | 4 | 5 | 6 | 7 | 'none'}` | `cost-${1 | 2 | 3 | 4 | 5}`;

const kindSymbol = (shape: string, dash?: [number, number], width = 1): SymbolStyle => ({ shape, dash, width, fill: 0.24, line: 1 });
const CIRCLE = STATUS_SYMBOLS.idea.shape;

const KIND_SYMBOLS: Record<Exclude<SymbolId, `status-${StatusGroup}`>, SymbolStyle> = {
  'kind-1': kindSymbol(CIRCLE),
  'kind-2': kindSymbol(STATUS_SYMBOLS.testing.shape, [1.3, 0.8]),
  'kind-3': kindSymbol(STATUS_SYMBOLS.running.shape, [3.2, 1.1]),
  'kind-4': kindSymbol(STATUS_SYMBOLS.committed.shape, [5, 0.9]),
  'kind-5': kindSymbol('M8 .8L15.4 6.2L12.6 14.8H3.4L.6 6.2z', [2.2, 0.8]),
  'kind-6': kindSymbol('M8 .4l2.2 5l5.4.5l-4.1 3.6l1.2 5.3L8 12l-4.7 2.8l1.2-5.3L.4 5.9l5.4-.5z', [0.9, 0.6]),
  'kind-7': kindSymbol('M5.3 1h5.4v4.3H15v5.4h-4.3V15H5.3v-4.3H1V5.3h4.3z', [4, 0.8]),
  'kind-none': { ...kindSymbol('M1.5 5.5h13v5h-13z', [0.01, 1.9], 0.8), round: true },
  // From a dot to a full disc, from a thin to a wide line: more cost, more ink.
  'cost-1': kindSymbol('M8 5.4a2.6 2.6 0 1 1 0 5.2a2.6 2.6 0 1 1 0-5.2z', undefined, 0.5),
  'cost-2': kindSymbol('M8 4.2a3.8 3.8 0 1 1 0 7.6a3.8 3.8 0 1 1 0-7.6z', undefined, 0.7),
  'cost-3': kindSymbol('M8 3a5 5 0 1 1 0 10a5 5 0 1 1 0-10z', undefined, 0.95),
  'cost-4': kindSymbol('M8 1.8a6.2 6.2 0 1 1 0 12.4a6.2 6.2 0 1 1 0-12.4z', undefined, 1.2),
  'cost-5': kindSymbol('M8 .5a7.5 7.5 0 1 1 0 15a7.5 7.5 0 1 1 0-15z', undefined, 1.45),
};

export const SYMBOL_IDS: readonly SymbolId[] = [
  ...GROUPS.map((group) => `status-${group}` as const),
  ...(Object.keys(KIND_SYMBOLS) as (keyof typeof KIND_SYMBOLS)[]),
];

export function symbolOf(mark: SymbolId): SymbolStyle {
  return mark.startsWith('status-') ? STATUS_SYMBOLS[mark.slice(7) as StatusGroup] : KIND_SYMBOLS[mark as keyof typeof KIND_SYMBOLS];
}

const GROUP_OF_STATUS: Record<string, StatusGroup> = {
  idea: 'idea',
  proposed: 'idea',
  testing: 'testing',
  approved: 'committed',
  funded: 'committed',
  tendered: 'committed',
  in_progress: 'running',
  recurring: 'running',
  completed: 'done',
  paused: 'aside',
  abandoned: 'aside',
};

/** The group of a status; an unknown status counts as an idea. */
export function groupOf(status: string | undefined): StatusGroup {
  return GROUP_OF_STATUS[status ?? ''] ?? 'idea';
}

export function statusesOf(group: StatusGroup): string[] {
  return Object.keys(GROUP_OF_STATUS).filter((status) => GROUP_OF_STATUS[status] === group);
}

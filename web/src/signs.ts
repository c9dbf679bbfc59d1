// One status, one sign: shape, colour and line pattern of each group of statuses, the same in list, map and legend.
// Colours live in the stylesheet as `--status-GROUP`; shapes are drawn in a box of 16 × 16.

export type Group = 'idea' | 'testing' | 'committed' | 'running' | 'done' | 'aside';

export interface Sign {
  /** Outline of the shape, as an SVG path. */
  shape: string;
  /** A mark drawn on the shape in the panel's colour. */
  tick?: string;
  /** Dash pattern of lines and edges in line widths; absent is solid. */
  dash?: [number, number];
  /** Round ends make dots of very short dashes. */
  round?: boolean;
  /** Line width against the usual one. */
  width: number;
  /** How much of an area's colour covers the ground. */
  fill: number;
  /** How much of a line's colour shows. */
  line: number;
}

export const GROUPS: readonly Group[] = ['idea', 'testing', 'committed', 'running', 'done', 'aside'];

export const SIGNS: Record<Group, Sign> = {
  idea: { shape: 'M8 2a6 6 0 1 1 0 12a6 6 0 1 1 0-12z', dash: [0.01, 1.9], round: true, width: 1, fill: 0.16, line: 1 },
  testing: { shape: 'M8 1.6L15 14H1z', dash: [1.3, 0.8], width: 1, fill: 0.2, line: 1 },
  committed: { shape: 'M8 .8L15.2 8L8 15.2L.8 8z', dash: [3.2, 1.1], width: 1, fill: 0.2, line: 1 },
  running: { shape: 'M2 2h12v12H2z', width: 1.35, fill: 0.36, line: 1 },
  done: { shape: 'M2 2h12v12H2z', tick: 'M4.6 8.2l2.4 2.6l4.6-5.4', width: 0.7, fill: 0.16, line: 1 },
  aside: { shape: 'M3.6 1.8L8 6.2l4.4-4.4l1.8 1.8L9.8 8l4.4 4.4l-1.8 1.8L8 9.8l-4.4 4.4l-1.8-1.8L6.2 8L1.8 3.6z', width: 0.7, fill: 0, line: 0.65 },
};

const OF_STATUS: Record<string, Group> = {
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

/** The group of a status; one that this page does not know is shown as an idea. */
export function groupOf(status: string | undefined): Group {
  return OF_STATUS[status ?? ''] ?? 'idea';
}

export function statusesOf(group: Group): string[] {
  return Object.keys(OF_STATUS).filter((status) => OF_STATUS[status] === group);
}

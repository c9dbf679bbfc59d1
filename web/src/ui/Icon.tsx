// Line icons of 20 × 20, drawn for this page. They stand beside a label, so they are hidden from screen readers.

const PATHS = {
  search: 'M8.5 3a5.5 5.5 0 1 1 0 11a5.5 5.5 0 1 1 0-11M12.6 12.6L17 17',
  plus: 'M10 4v12M4 10h12',
  minus: 'M4 10h12',
  whole: 'M3 7V3h4M13 3h4v4M17 13v4h-4M7 17H3v-4',
  back: 'M12 4l-6 6l6 6',
  close: 'M5 5l10 10M15 5L5 15',
  down: 'M5 8l5 5l5-5',
  out: 'M11 4h5v5M16 4l-8 8M8 5H4v11h11v-4',
  light: 'M10 6.5a3.5 3.5 0 1 1 0 7a3.5 3.5 0 1 1 0-7M10 1.5v2M10 16.5v2M1.5 10h2M16.5 10h2M4 4l1.4 1.4M14.6 14.6L16 16M4 16l1.4-1.4M14.6 5.4L16 4',
  dark: 'M16.5 12A7 7 0 0 1 8 3.5a7 7 0 1 0 8.5 8.5z',
  system: 'M2.5 3.5h15v10h-15zM7 17h6M10 13.5V17',
  pencil: 'M13.500 3.500l3 3L7 16l-3.800.8L4 13zM11.500 5.500l3 3',
  point: 'M10 17.5c3-4 5-6.2 5-9a5 5 0 1 0-10 0c0 2.8 2 5 5 9zM10 6.7a1.8 1.8 0 1 1 0 3.6a1.8 1.8 0 1 1 0-3.6',
  line: 'M3.5 15.5l4.5-7l4.5 3.5l4-8',
  polygon: 'M3.5 8L10 3.5l6.5 4L14 16.5H6z',
  circle: 'M10 3.5a6.5 6.5 0 1 1 0 13a6.5 6.5 0 1 1 0-13',
  freehand: 'M4 12.5c-1.5-4 2-8.5 6-7.5s2 3.5 5 3s2 6.5-2 8s-7.7-.5-9-3.5',
  filter: 'M3 5h14M6 10h8M8.5 15h3',
  play: 'M6 4l10 6l-10 6z',
  pause: 'M7 4v12M13 4v12',
  next: 'M4 4l8 6l-8 6zM15.5 4v12',
  clock: 'M10 2.5a7.5 7.5 0 1 1 0 15a7.5 7.5 0 1 1 0-15M10 6v4.5l3 2',
  share: 'M10 12.5V3M6.5 6L10 2.5L13.5 6M6 9H4v8h12V9h-2',
  print: 'M6 7V3h8v4M6 14H3V8.5A1.5 1.5 0 0 1 4.5 7h11A1.5 1.5 0 0 1 17 8.5V14h-3M6 11.5h8V17H6z',
  copy: 'M7.5 7.5h9v9h-9zM12.5 7.5v-4h-9v9h4',
  tick: 'M4 10.5l4 4l8-9',
  tools: 'M4 5h12M4 10h12M4 15h12M7 3.5v3M13 8.5v3M8 13.5v3',
  ruler: 'M3 13L13 3l4 4L7 17zM6 10l2 2M9 7l1.5 1.5M12 4l2 2',
  list: 'M8 5h9M8 10h9M8 15h9M3.5 5h.5M3.5 10h.5M3.5 15h.5',
  two: 'M3 4h14v12H3zM10 4v12',
  settings: 'M3 6h7M14 6h3M12 4v4M3 14h3M10 14h7M8 12v4',
  help: 'M7.2 7.4a2.8 2.8 0 1 1 4.3 2.4c-1 .7-1.5 1.2-1.5 2.4M10 15.2v.3',
  undo: 'M7 4L3 8l4 4M3 8h8.5a4.5 4.5 0 0 1 0 9H8',
  file: 'M5 2.5h6.500l3.500 3.500v11.500H5zM11.500 2.500V6H15M7.500 10h5M7.500 13h5',
  warning: 'M10 3.500L17.500 16.500H2.500zM10 8.500v4M10 14.400v.2',
  redo: 'M13 4l4 4l-4 4M17 8H8.500a4.500 4.500 0 0 0 0 9H12',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}

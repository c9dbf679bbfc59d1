// A bar chart with its numbers as a table for screen readers and for copying.
import { useEffect, useRef } from 'preact/hooks';
import { t } from '../i18n';
import { dark } from '../state';

export interface ChartBar {
  id: string;
  label: string;
  value: number;
  /** The value in words. */
  text: string;
  /** A custom property of the stylesheet; the accent by default. */
  colour?: string;
  /** Further columns of the table. */
  more?: string[];
}

interface ChartProps {
  title: string;
  rows: ChartBar[];
  /** Headings of the first column, of the value, and of further columns. */
  columns: string[];
  /** The end of the scale, so that charts side by side are comparable. */
  most?: number;
  level?: 2 | 3;
}

export function Chart({ title, rows, columns, most, level = 2 }: ChartProps) {
  const Heading = `h${level}` as 'h2';
  return (
    <figure class="chart">
      <figcaption>
        <Heading>{title}</Heading>
      </figcaption>
      <Bars title={title} rows={rows} most={most} />
      <details class="data">
        <summary>{t('chart.table')}</summary>
        <div class="scroll" tabIndex={0} role="region" aria-label={title}>
          <table class="parts">
            <thead>
              <tr>
                {columns.map((name, i) => (
                  <th key={name} scope="col" class={i ? 'number' : ''}>
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map(({ id, label, text, more = [] }) => (
                <tr key={id}>
                  <th scope="row">{label}</th>
                  {[text, ...more].map((cell, i) => (
                    <td key={i} class="number">
                      {cell}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </figure>
  );
}

const BAR_PX = 15;
const ROW_PX = 40;

/** Drawn by Observable Plot, which loads with the first chart. */
function Bars({ title, rows, most }: Pick<ChartProps, 'title' | 'rows' | 'most'>) {
  const holder = useRef<HTMLDivElement>(null);
  const key = JSON.stringify([rows, most, dark.value]);
  useEffect(() => {
    let gone = false;
    void import('@observablehq/plot').then((Plot) => {
      if (gone || !holder.current) return;
      const width = Math.max(holder.current.clientWidth, 180);
      const y = (row: ChartBar) => row.id;
      const picture = Plot.plot({
        width,
        height: rows.length * ROW_PX + 4,
        margin: 0,
        marginRight: 64,
        x: { axis: null, domain: [0, Math.max(most ?? 0, ...rows.map(({ value }) => value), 1e-9)] },
        y: { axis: null, domain: rows.map(y), padding: 0 },
        style: { background: 'none', color: 'inherit', fontFamily: 'inherit', fontSize: '13px', overflow: 'visible' },
        marks: [
          Plot.text(rows, {
            y,
            text: 'label',
            frameAnchor: 'left',
            dy: -9,
            textAnchor: 'start',
            fill: 'currentColor',
            lineWidth: width / 13,
            textOverflow: 'ellipsis',
          }),
          Plot.barX(rows, {
            x: 'value',
            y,
            fill: ({ colour }: ChartBar) => `var(--${colour ?? 'accent'})`,
            insetTop: 20,
            insetBottom: ROW_PX - 20 - BAR_PX,
            rx2: 3,
          }),
          Plot.text(rows, {
            x: 'value',
            y,
            text: 'text',
            dx: 6,
            dy: 7.5,
            textAnchor: 'start',
            fill: 'currentColor',
            fontWeight: 600,
            fontVariant: 'tabular-nums',
          }),
        ],
      });
      // Its own style is not allowed by the page's content security policy; ask.css has the same rules.
      picture.querySelector('style')?.remove();
      // The picture has one label, so its parts need none.
      picture.querySelectorAll('g[aria-label]').forEach((part) => part.removeAttribute('aria-label'));
      picture.setAttribute('role', 'img');
      picture.setAttribute('aria-label', `${title}: ${rows.map(({ label, text }) => `${label} ${text}`).join(', ')}`);
      holder.current.replaceChildren(picture);
    });
    return () => {
      gone = true;
    };
  }, [key]);
  return <div ref={holder} class="bars" style={{ minBlockSize: `${rows.length * ROW_PX + 4}px` }} />;
}

// What is inside: one picture and a few numbers. The picture is by cost, or by count where no cost is known.
import { number } from '../../format';
import { t } from '../../i18n';
import { areaOf } from '../../draw/measure';
import { GROUPS, groupOf, type StatusGroup } from '../../symbology';
import { groupName, label } from '../../ui/labels';
import { Sign } from '../../ui/Symbol';
import { byGroup, numberOf, type ProcessResult } from '../processResult';
import { outlineOf, placeTitle } from '../queryPlace';
import type { QuestionView } from '../questionView';
import type { QueryResult } from '../execution';
import { Chart } from '../Chart';
import { Rows } from '../FeatureRows';
import { area, groupValue, perCent } from '../answerText';
import { amountOf, Card, centsOf, MoneyCards, notCounted, sentenceOf } from './answerParts';

export const view: QuestionView = {
  title: ({ asked }) => placeTitle(asked),
  sentence: ({ asked, parts }) => {
    const features = parts.inside?.features.features ?? [];
    const partly = features.filter(({ result }) => Number(result.share) < 1).length;
    return sentenceOf([
      area(areaOf((asked.area ? outlineOf(asked.area) : asked.shape) ?? null)),
      t('list.count', { count: features.length }) + (partly ? `, ${t('ask.partly', { count: partly })}` : ''),
      parts.inside && notCounted([parts.inside], asked),
    ]);
  },
  body: (now) => <Inside {...now} />,
};

function Inside({ parts }: QueryResult) {
  const { inside, summary, footprint } = parts;
  const features = inside?.features.features ?? [];
  if (!inside || !summary || !features.length) return <p class="muted">{t('ask.empty')}</p>;
  return (
    <>
      <div class="cards">
        <MoneyCards summary={summary} count={features.length} />
        <Renewed footprint={footprint} />
      </div>
      <Picture summary={summary} />
      <Rows
        title={t('list.label')}
        features={[...features].sort(byStatus)}
        note={({ result }) => (Number(result.share) < 1 ? t('ask.share', { share: perCent(Number(result.share) * 100) }) : '')}
      />
      <Charts summary={summary} />
    </>
  );
}

const ORDER: StatusGroup[] = ['running', 'testing', 'committed', 'idea', 'done', 'aside'];

function byStatus(a: { properties: Record<string, unknown> }, b: { properties: Record<string, unknown> }): number {
  const rank = (one: typeof a) => ORDER.indexOf(groupOf(String(one.properties.status)));
  return rank(a) - rank(b);
}

function Renewed({ footprint }: { footprint: ProcessResult | undefined }) {
  const ground = numberOf(footprint, 'RCO114');
  return (
    <Card value={ground?.value ? area(ground.value) : '–'}>
      <span>{t('card.rco114')}</span>
      <span>{t('card.done', { count: ground?.ids?.length ?? 0 })}</span>
    </Card>
  );
}

/** The bar of the groups with their signs and numbers. */
export function Picture({ summary }: { summary: ProcessResult }) {
  const sums = new Map(GROUPS.map((group) => [group, { count: 0, cost: 0 }]));
  for (const [status, one] of byGroup(summary, 'features', 'status')) sums.get(groupOf(status))!.count += one.value ?? 0;
  for (const [status, one] of byGroup(summary, 'cost', 'status')) sums.get(groupOf(status))!.cost += centsOf(one);
  const costed = [...sums.values()].some(({ cost }) => cost > 0);
  const shown = GROUPS.filter((group) => sums.get(group)!.count);
  return (
    <div class="picture">
      <div class="stack tall" aria-hidden="true">
        {shown.map((group) => {
          const { count, cost } = sums.get(group)!;
          const size = costed ? cost : count;
          return size > 0 && <span key={group} class={`part part-${group}`} style={{ flexGrow: size }} />;
        })}
      </div>
      <p class="note">{t(costed ? 'picture.cost' : 'picture.count')}</p>
      <ul class="signs">
        {shown.map((group) => (
          <li key={group}>
            <Sign group={group} />
            {groupName(group)} <span class="muted">{number(sums.get(group)!.count)}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

export function Charts({ summary }: { summary: ProcessResult }) {
  return (
    <details class="fold charts">
      <summary>{t('chart.title')}</summary>
      <GroupChart summary={summary} group="status" title={t('chart.byStatus')} />
      <GroupChart summary={summary} group="objectives" title={t('chart.byObjective')} />
    </details>
  );
}

export function GroupChart({ summary, group, title, most }: { summary: ProcessResult; group: string; title: string; most?: number }) {
  const cost = byGroup(summary, 'cost', group);
  const rows = [...byGroup(summary, 'features', group)].map(([value, one]) => ({
    id: value || '-',
    label: group === 'status' ? label('status', value) : groupValue(group, value),
    value: one.value ?? 0,
    text: number(one.value ?? 0),
    colour: group === 'status' ? `status-${groupOf(value)}` : undefined,
    more: [cost.get(value)?.ids?.length ? amountOf(cost.get(value)) : t('cost.none')],
  }));
  if (!rows.length) return null;
  return <Chart title={title} rows={rows} most={most} columns={[title, t('list.label'), t('chart.cost')]} />;
}

// View of what lies inside an area: a bar and key figures. The bar shows cost, or counts where no cost is known.
import { formatNumber } from '../../format';
import { t } from '../../i18n';
import { planarArea } from '../../draw/measure';
import { GROUPS, groupOf, type StatusGroup } from '../../symbology';
import { groupName, codeLabel } from '../../ui/labels';
import { StatusSymbol } from '../../ui/Symbol';
import { numbersByGroup, findNumber, type ProcessResult } from '../processResult';
import { areaOutline, placeTitle } from '../queryPlace';
import type { QuestionView } from '../questionView';
import type { QueryResult } from '../execution';
import { Chart } from '../Chart';
import { FeatureRows } from '../FeatureRows';
import { areaText, groupValueName, percentText } from '../answerText';
import { moneyText, AnswerCard, moneyCents, MoneyCards, leftOutText, joinSentences } from './answerParts';

export const insideView: QuestionView = {
  title: ({ query }) => placeTitle(query),
  sentence: ({ query, parts }) => {
    const features = parts.inside?.features.features ?? [];
    const partly = features.filter(({ result }) => Number(result.share) < 1).length;
    return joinSentences([
      areaText(planarArea((query.area ? areaOutline(query.area) : query.shape) ?? null)),
      t('list.count', { count: features.length }) + (partly ? `, ${t('ask.partly', { count: partly })}` : ''),
      parts.inside && leftOutText([parts.inside], query),
    ]);
  },
  body: (now) => <InsideAnswer {...now} />,
};

function InsideAnswer({ parts }: QueryResult) {
  const { inside, summary, footprint } = parts;
  const features = inside?.features.features ?? [];
  if (!inside || !summary || !features.length) return <p class="muted">{t('ask.empty')}</p>;
  return (
    <>
      <div class="cards">
        <MoneyCards summary={summary} count={features.length} />
        <RenewedArea footprint={footprint} />
      </div>
      <InsideSummary summary={summary} />
      <FeatureRows
        title={t('list.label')}
        features={[...features].sort(sortByStatus)}
        note={({ result }) => (Number(result.share) < 1 ? t('ask.share', { share: percentText(Number(result.share) * 100) }) : '')}
      />
      <GroupCharts summary={summary} />
    </>
  );
}

const STATUS_ORDER: StatusGroup[] = ['running', 'testing', 'committed', 'idea', 'done', 'aside'];

function sortByStatus(a: { properties: Record<string, unknown> }, b: { properties: Record<string, unknown> }): number {
  const rank = (one: typeof a) => STATUS_ORDER.indexOf(groupOf(String(one.properties.status)));
  return rank(a) - rank(b);
}

function RenewedArea({ footprint }: { footprint: ProcessResult | undefined }) {
  const ground = findNumber(footprint, 'RCO114');
  return (
    <AnswerCard value={ground?.value ? areaText(ground.value) : '–'}>
      <span>{t('card.rco114')}</span>
      <span>{t('card.done', { count: ground?.ids?.length ?? 0 })}</span>
    </AnswerCard>
  );
}

/** A bar of the status groups with symbols and numbers. */
export function InsideSummary({ summary }: { summary: ProcessResult }) {
  const sums = new Map(GROUPS.map((group) => [group, { count: 0, cost: 0 }]));
  for (const [status, one] of numbersByGroup(summary, 'features', 'status')) sums.get(groupOf(status))!.count += one.value ?? 0;
  for (const [status, one] of numbersByGroup(summary, 'cost', 'status')) sums.get(groupOf(status))!.cost += moneyCents(one);
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
            <StatusSymbol group={group} />
            {groupName(group)} <span class="muted">{formatNumber(sums.get(group)!.count)}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

export function GroupCharts({ summary }: { summary: ProcessResult }) {
  return (
    <details class="fold charts">
      <summary>{t('chart.title')}</summary>
      <GroupChart summary={summary} group="status" title={t('chart.byStatus')} />
      <GroupChart summary={summary} group="objectives" title={t('chart.byObjective')} />
    </details>
  );
}

export function GroupChart({ summary, group, title, most }: { summary: ProcessResult; group: string; title: string; most?: number }) {
  const cost = numbersByGroup(summary, 'cost', group);
  const rows = [...numbersByGroup(summary, 'features', group)].map(([value, one]) => ({
    id: value || '-',
    label: group === 'status' ? codeLabel('status', value) : groupValueName(group, value),
    value: one.value ?? 0,
    text: formatNumber(one.value ?? 0),
    colour: group === 'status' ? `status-${groupOf(value)}` : undefined,
    more: [cost.get(value)?.ids?.length ? moneyText(cost.get(value)) : t('cost.none')],
  }));
  if (!rows.length) return null;
  return <Chart title={title} rows={rows} most={most} columns={[title, t('list.label'), t('chart.cost')]} />;
}

// Views that are tables: sums by a property, coverage per area, and rates with their change.
import { formatNumber } from '../../format';
import { t } from '../../i18n';
import { groupOf } from '../../symbology';
import { codeLabel } from '../../ui/labels';
import { numbersByGroup, findNumber, type ProcessResult } from '../processResult';
import { placeTitle } from '../queryPlace';
import type { QuestionView } from '../questionView';
import { Chart } from '../Chart';
import { optionOf } from '../processRequests';
import { areaName, dimensionName, groupValueName, measureName, percentText, pointsText } from '../answerText';
import { moneyText, AnswerCard, moneyCents, MoneyCards, leftOutText, joinSentences, numberValue } from './answerParts';

export const summaryView: QuestionView = {
  title: ({ query }) => (optionOf(query, 'by') === 'area' ? t('sum.areas') : placeTitle(query)),
  sentence: ({ query, parts }) =>
    joinSentences([
      optionOf(query, 'by') === 'area'
        ? t('cov.areas', { count: numbersByGroup(parts.summary, 'features', 'area').size })
        : t('list.count', { count: numberValue(parts.summary, 'features') }),
      parts.summary && leftOutText([parts.summary], query),
    ]),
  body: ({ query, parts }) => {
    const by = optionOf(query, 'by');
    const { summary: sums } = parts;
    if (!sums) return null;
    return (
      <>
        {by !== 'area' && (
          <div class="cards two">
            <MoneyCards summary={sums} count={numberValue(sums, 'features')} />
          </div>
        )}
        <SummaryAnswer sums={sums} by={by} />
      </>
    );
  },
};

function SummaryAnswer({ sums, by }: { sums: ProcessResult; by: string }) {
  const [features, cost, share] = ['features', 'cost', 'eu_share'].map((name) => numbersByGroup(sums, name, by)) as [
    ReturnType<typeof numbersByGroup>,
    ReturnType<typeof numbersByGroup>,
    ReturnType<typeof numbersByGroup>,
  ];
  const title = dimensionName(by);
  const said = (value: string) => {
    const known = cost.get(value)?.ids?.length ?? 0;
    return known ? `${moneyText(cost.get(value))} (${known}/${features.get(value)?.value ?? 0})` : t('cost.none');
  };
  const colour = (value: string) => (by === 'status' ? `status-${groupOf(value)}` : undefined);
  const eu = (value: string) => (typeof share.get(value)?.value === 'number' ? percentText(share.get(value)!.value!) : t('eu.none'));
  const rows = [...features].map(([value, one]) => ({
    id: value || '-',
    label: groupValueName(by, value),
    value: one.value ?? 0,
    text: formatNumber(one.value ?? 0),
    colour: colour(value),
    more: [said(value), eu(value)],
  }));
  const money = [...cost]
    .filter(([, one]) => one.ids?.length)
    .map(([value, one]) => ({
      id: value || '-',
      label: groupValueName(by, value),
      value: moneyCents(one),
      text: moneyText(one),
      colour: colour(value),
      more: [eu(value)],
    }));
  return (
    <>
      <Chart title={t('list.label')} rows={rows} columns={[title, t('list.label'), t('chart.costKnown'), t('sum.eu')]} />
      {money.length > 0 && <Chart title={t('chart.cost')} rows={money} columns={[title, t('chart.cost'), t('sum.eu')]} />}
    </>
  );
}

export const coverageView: QuestionView = {
  title: ({ query }) => placeTitle({ ...query, area: '', shape: null }),
  sentence: ({ query, parts }) =>
    joinSentences([t('cov.areas', { count: numberValue(parts.coverage, 'areas') }), parts.coverage && leftOutText([parts.coverage], { ...query, area: '' })]),
  body: ({ parts }) => (parts.coverage ? <CoverageMatrix answer={parts.coverage} /> : null),
};

const DIMENSIONS = [
  ['functions', 'function'],
  ['objectives', 'objective'],
  ['measures', ''],
] as const;

/** Functions, objectives and measures in rows, areas in columns; an absent one is said in words. */
function CoverageMatrix({ answer }: { answer: ProcessResult }) {
  const areas = [...new Set(answer.numbers.flatMap(({ group }) => (group?.area ? [group.area] : [])))];
  const cell = (area: string, name: string, value: string) => findNumber(answer, 'interventions', { area, [name]: value })?.value ?? 0;
  const most = Math.max(1, ...answer.numbers.map(({ value }) => value ?? 0));
  const values = (name: string) => [...new Set(answer.numbers.flatMap(({ group }) => (group?.[name] ? [group[name]] : [])))].sort();
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={t('cov.label')}>
      <table class="matrix">
        <caption>{t('cov.caption')}</caption>
        <thead>
          <tr>
            <td />
            {areas.map((id) => (
              <th key={id} scope="col">
                {areaName(id)}
              </th>
            ))}
          </tr>
        </thead>
        {DIMENSIONS.map(([name, vocabulary]) => (
          <tbody key={name}>
            <tr class="dimension">
              <th scope="rowgroup" colSpan={areas.length + 1}>
                {dimensionName(name)}
              </th>
            </tr>
            {values(name).map((value) => (
              <tr key={value}>
                <th scope="row">
                  {vocabulary === '' ? measureName(value) : vocabulary === 'objective' ? groupValueName('objectives', value) : codeLabel(vocabulary, value)}
                </th>
                {areas.map((id) => {
                  const count = cell(id, name, value);
                  return (
                    <td key={id} class={count ? 'has' : 'lacks'} style={{ '--share': count / most }}>
                      {count ? formatNumber(count) : t('cov.none')}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        ))}
      </table>
    </div>
  );
}

export const rateView: QuestionView = {
  title: ({ query }) => codeLabel('premises_state', optionOf(query, 'rate')),
  sentence: ({ parts }) => {
    const all = findNumber(parts.rate, 'rate');
    return t('rate.of', { count: all?.numerator ?? 0, of: all?.denominator ?? 0 });
  },
  body: ({ query, parts }) => {
    const all = findNumber(parts.rate, 'rate');
    const before = findNumber(parts.rate, 'rate_before');
    const change = findNumber(parts.rate, 'change');
    const per = optionOf(query, 'per');
    const names = new Map((parts.rate?.features.features ?? []).map((one) => [String(one.id), one.properties]));
    const name = (id: string) => (per === 'area' ? areaName(id) : streetName(names.get(id)) || id);
    const [changes, befores] = [numbersByGroup(parts.rate, 'change', per), numbersByGroup(parts.rate, 'rate_before', per)];
    const rows = [...numbersByGroup(parts.rate, 'rate', per)].map(([id, one]) => ({
      id,
      label: name(id),
      value: one.value ?? 0,
      text: typeof one.value === 'number' ? percentText(one.value) : '–',
      more: [
        t('rate.of', { count: one.numerator ?? 0, of: one.denominator ?? 0 }),
        ...(changes.size
          ? [
              befores.get(id)?.value == null ? '–' : percentText(befores.get(id)!.value!),
              changes.get(id)?.value == null ? '–' : pointsText(changes.get(id)!.value!),
            ]
          : []),
      ],
    }));
    return (
      <>
        <div class="cards">
          <AnswerCard value={typeof all?.value === 'number' ? percentText(all.value) : '–'}>
            <span>{t('rate.of', { count: all?.numerator ?? 0, of: all?.denominator ?? 0 })}</span>
          </AnswerCard>
          {typeof before?.value === 'number' && (
            <AnswerCard value={percentText(before.value)}>
              <span>{t('rate.before')}</span>
              <span>{t('rate.of', { count: before.numerator ?? 0, of: before.denominator ?? 0 })}</span>
            </AnswerCard>
          )}
          {typeof change?.value === 'number' && (
            <AnswerCard value={pointsText(change.value)}>
              <span>{t('rate.points')}</span>
            </AnswerCard>
          )}
        </div>
        {rows.length > 0 && (
          <Chart
            title={t(per === 'area' ? 'by.area' : 'by.segment')}
            rows={rows}
            columns={[
              t(per === 'area' ? 'by.area' : 'by.segment'),
              t('rate.share'),
              t('rate.basis'),
              ...(changes.size ? [t('rate.before'), t('rate.points')] : []),
            ]}
          />
        )}
      </>
    );
  },
};

function streetName(p: Record<string, unknown> | undefined): string {
  if (!p?.street) return '';
  return p.from && p.to ? `${String(p.street)} (${String(p.from)} – ${String(p.to)})` : String(p.street);
}

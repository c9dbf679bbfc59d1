// Answers that are tables: sums by a property, what each quarter has and has not, and rates with their change.
import { number } from '../../format';
import { t } from '../../i18n';
import { groupOf } from '../../symbology';
import { label } from '../../ui/labels';
import { byGroup, numberOf, type ProcessResult } from '../processResult';
import { placeTitle } from '../queryPlace';
import type { QuestionView } from '../questionView';
import { Chart } from '../Chart';
import { option } from '../processRequests';
import { areaName, dimension, groupValue, measureName, perCent, points } from '../answerText';
import { amountOf, Card, centsOf, MoneyCards, notCounted, sentenceOf, figureOf } from './answerParts';

export const summary: QuestionView = {
  title: ({ asked }) => (option(asked, 'by') === 'area' ? t('sum.areas') : placeTitle(asked)),
  sentence: ({ asked, parts }) =>
    sentenceOf([
      option(asked, 'by') === 'area'
        ? t('cov.areas', { count: byGroup(parts.summary, 'features', 'area').size })
        : t('list.count', { count: figureOf(parts.summary, 'features') }),
      parts.summary && notCounted([parts.summary], asked),
    ]),
  body: ({ asked, parts }) => {
    const by = option(asked, 'by');
    const { summary: sums } = parts;
    if (!sums) return null;
    return (
      <>
        {by !== 'area' && (
          <div class="cards two">
            <MoneyCards summary={sums} count={figureOf(sums, 'features')} />
          </div>
        )}
        <Sums sums={sums} by={by} />
      </>
    );
  },
};

function Sums({ sums, by }: { sums: ProcessResult; by: string }) {
  const [features, cost, share] = ['features', 'cost', 'eu_share'].map((name) => byGroup(sums, name, by)) as [
    ReturnType<typeof byGroup>,
    ReturnType<typeof byGroup>,
    ReturnType<typeof byGroup>,
  ];
  const title = dimension(by);
  const said = (value: string) => {
    const known = cost.get(value)?.ids?.length ?? 0;
    return known ? `${amountOf(cost.get(value))} (${known}/${features.get(value)?.value ?? 0})` : t('cost.none');
  };
  const colour = (value: string) => (by === 'status' ? `status-${groupOf(value)}` : undefined);
  const eu = (value: string) => (typeof share.get(value)?.value === 'number' ? perCent(share.get(value)!.value!) : t('eu.none'));
  const rows = [...features].map(([value, one]) => ({
    id: value || '-',
    label: groupValue(by, value),
    value: one.value ?? 0,
    text: number(one.value ?? 0),
    colour: colour(value),
    more: [said(value), eu(value)],
  }));
  const money = [...cost]
    .filter(([, one]) => one.ids?.length)
    .map(([value, one]) => ({
      id: value || '-',
      label: groupValue(by, value),
      value: centsOf(one),
      text: amountOf(one),
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

export const coverage: QuestionView = {
  title: ({ asked }) => placeTitle({ ...asked, area: '', shape: null }),
  sentence: ({ asked, parts }) =>
    sentenceOf([t('cov.areas', { count: figureOf(parts.coverage, 'areas') }), parts.coverage && notCounted([parts.coverage], { ...asked, area: '' })]),
  body: ({ parts }) => (parts.coverage ? <Matrix answer={parts.coverage} /> : null),
};

const DIMENSIONS = [
  ['functions', 'function'],
  ['objectives', 'objective'],
  ['measures', ''],
] as const;

/** Rows are functions, objectives and measures, columns the quarters; what a quarter has not is said. */
function Matrix({ answer }: { answer: ProcessResult }) {
  const areas = [...new Set(answer.numbers.flatMap(({ group }) => (group?.area ? [group.area] : [])))];
  const cell = (area: string, name: string, value: string) => numberOf(answer, 'interventions', { area, [name]: value })?.value ?? 0;
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
                {dimension(name)}
              </th>
            </tr>
            {values(name).map((value) => (
              <tr key={value}>
                <th scope="row">
                  {vocabulary === '' ? measureName(value) : vocabulary === 'objective' ? groupValue('objectives', value) : label(vocabulary, value)}
                </th>
                {areas.map((id) => {
                  const count = cell(id, name, value);
                  return (
                    <td key={id} class={count ? 'has' : 'lacks'} style={{ '--share': count / most }}>
                      {count ? number(count) : t('cov.none')}
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

export const rate: QuestionView = {
  title: ({ asked }) => label('premises_state', option(asked, 'rate')),
  sentence: ({ parts }) => {
    const all = numberOf(parts.rate, 'rate');
    return t('rate.of', { count: all?.numerator ?? 0, of: all?.denominator ?? 0 });
  },
  body: ({ asked, parts }) => {
    const all = numberOf(parts.rate, 'rate');
    const before = numberOf(parts.rate, 'rate_before');
    const change = numberOf(parts.rate, 'change');
    const per = option(asked, 'per');
    const names = new Map((parts.rate?.features.features ?? []).map((one) => [String(one.id), one.properties]));
    const name = (id: string) => (per === 'area' ? areaName(id) : streetName(names.get(id)) || id);
    const [changes, befores] = [byGroup(parts.rate, 'change', per), byGroup(parts.rate, 'rate_before', per)];
    const rows = [...byGroup(parts.rate, 'rate', per)].map(([id, one]) => ({
      id,
      label: name(id),
      value: one.value ?? 0,
      text: typeof one.value === 'number' ? perCent(one.value) : '–',
      more: [
        t('rate.of', { count: one.numerator ?? 0, of: one.denominator ?? 0 }),
        ...(changes.size
          ? [befores.get(id)?.value == null ? '–' : perCent(befores.get(id)!.value!), changes.get(id)?.value == null ? '–' : points(changes.get(id)!.value!)]
          : []),
      ],
    }));
    return (
      <>
        <div class="cards">
          <Card value={typeof all?.value === 'number' ? perCent(all.value) : '–'}>
            <span>{t('rate.of', { count: all?.numerator ?? 0, of: all?.denominator ?? 0 })}</span>
          </Card>
          {typeof before?.value === 'number' && (
            <Card value={perCent(before.value)}>
              <span>{t('rate.before')}</span>
              <span>{t('rate.of', { count: before.numerator ?? 0, of: before.denominator ?? 0 })}</span>
            </Card>
          )}
          {typeof change?.value === 'number' && (
            <Card value={points(change.value)}>
              <span>{t('rate.points')}</span>
            </Card>
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

// Cities or areas side by side: the same figures on the same scale, each with what it rests on.
import { computed, effect, signal } from '@preact/signals';
import { useEffect, useId } from 'preact/hooks';
import './ask.css';
import './messages';
import { number } from '../format';
import { t } from '../i18n';
import { share } from '../money';
import { announcement, cityName, filter, plan } from '../state';
import { asked, compared, NOTHING_ON_MAP, onMap } from '../state/query';
import { GROUPS, groupOf } from '../symbology';
import { Icon } from '../ui/Icon';
import { conceptIds, groupName, label } from '../ui/labels';
import { Sign } from '../ui/Symbol';
import { byGroup, numberOf, type ProcessResult } from './processResult';
import { execute } from './execution';
import type { CompareSubject } from './spatialQuery';
import { Basis, Export } from './AnswerBasis';
import { outlineOf } from './queryPlace';
import { subjectRequest } from './processRequests';
import { areaName, dimension, groupValue, perCent } from './answerText';
import { amountOf, centsOf, figureOf } from './views/answerParts';

/** Answers by what was asked, so that adding one asks for one. */
const answers = signal<ReadonlyMap<string, ProcessResult>>(new Map());

const keyOf = (subject: CompareSubject) => {
  const request = subjectRequest(subject, asked.value.shape, { filter: filter.value, days: years() });
  return request && JSON.stringify(request);
};

function years(): { from?: string; to?: string } {
  const { from, to } = filter.value;
  return { ...(from === null ? {} : { from: `${from}-01-01` }), ...(to === null ? {} : { to: `${to}-12-31` }) };
}

interface ComparedAnswer {
  subject: CompareSubject;
  name: string;
  answer: ProcessResult | undefined;
}

const sides = computed<ComparedAnswer[]>(() =>
  compared.value.flatMap((subject) => {
    const key = keyOf(subject);
    return key ? [{ subject, name: nameOf(subject), answer: answers.value.get(key) }] : [];
  }),
);

function nameOf(subject: CompareSubject): string {
  const [kind, id = ''] = subject.split(':');
  if (kind === 'drawn') return t('ask.drawnArea');
  return kind === 'city' ? cityName(plan.value?.cities.get(id)) || id : areaName(id);
}

export function CompareTab() {
  useEffect(keepInStep, []);
  const list = sides.value;
  return (
    <div class="ask compare">
      <div class="heading">
        <h1 tabIndex={-1}>{t('compare.title')}</h1>
        <p>{t('compare.lead')}</p>
      </div>
      <Chooser />
      {list.length < 2 ? <p class="muted">{t('compare.need')}</p> : <Sides list={list} />}
    </div>
  );
}

function Chooser() {
  const id = useId();
  const add = (subject: string) => {
    if (subject) compared.value = [...compared.value, subject];
  };
  const left = (subject: CompareSubject) => !compared.value.includes(subject);
  const cities = [...(plan.value?.cities.values() ?? [])].filter((one) => left(`city:${one.id}`));
  const areas = (plan.value?.areas ?? []).filter((one) => one.geometry && left(`area:${one.id}`));
  return (
    <div class="chooser">
      <ul class="chosen">
        {compared.value.map((subject) => (
          <li key={subject}>
            <button
              type="button"
              class="chip take-out"
              aria-label={t('compare.remove', { name: nameOf(subject) })}
              onClick={() => (compared.value = compared.value.filter((one) => one !== subject))}
            >
              {nameOf(subject)}
              <Icon name="close" />
            </button>
          </li>
        ))}
      </ul>
      <div class="field">
        <label for={id}>{t('compare.add')}</label>
        <span class="select">
          <select
            id={id}
            value=""
            onChange={(event) => {
              add(event.currentTarget.value);
              event.currentTarget.value = '';
            }}
          >
            <option value="">…</option>
            {asked.value.shape && left('drawn') && <option value="drawn">{t('ask.drawnArea')}</option>}
            <optgroup label={t('compare.cities')}>
              {cities.map((one) => (
                <option key={one.id} value={`city:${one.id}`}>
                  {cityName(one)}
                </option>
              ))}
            </optgroup>
            <optgroup label={t('compare.areas')}>
              {areas.map((one) => (
                <option key={one.id} value={`area:${one.id}`}>
                  {cityName(plan.value?.cities.get(one.city))}: {areaName(one.id)}
                </option>
              ))}
            </optgroup>
          </select>
          <Icon name="down" />
        </span>
      </div>
    </div>
  );
}

interface CompareFigure {
  id: string;
  name: string;
  /** What the bar's length is; null where nothing is known. */
  value: (answer: ProcessResult) => number | null;
  said: (answer: ProcessResult) => string;
  basis?: (answer: ProcessResult) => string;
  /** The end of the scale where it is not the largest value. */
  most?: number;
  colour?: string;
}

function Sides({ list }: { list: ComparedAnswer[] }) {
  const known = list.flatMap(({ answer }) => (answer ? [answer] : []));
  const count = (answer: ProcessResult) => figureOf(answer, 'features');
  const costed = (answer: ProcessResult) => numberOf(answer, 'cost')?.ids?.length ?? 0;
  const main: CompareFigure[] = [
    { id: 'count', name: t('list.label'), value: count, said: (one) => number(count(one)) },
    {
      id: 'cost',
      name: t('chart.cost'),
      value: (one) => (costed(one) ? centsOf(numberOf(one, 'cost')) : null),
      said: (one) => (costed(one) ? amountOf(numberOf(one, 'cost')) : t('cost.none')),
      basis: (one) => t('compare.unknown', { known: costed(one), count: count(one) }),
    },
    {
      id: 'eu',
      name: t('sum.eu'),
      value: (one) => numberOf(one, 'eu_share')?.value ?? null,
      most: 100,
      said: (one) => (typeof numberOf(one, 'eu_share')?.value === 'number' ? perCent(numberOf(one, 'eu_share')!.value!) : t('eu.none')),
      basis: (one) => t('compare.unknown', { known: numberOf(one, 'eu_share')?.ids?.length ?? 0, count: count(one) }),
    },
  ];
  const of = (group: string, ids: string[], name: (id: string) => string): CompareFigure[] =>
    ids.map((id) => ({
      id: `${group}-${id}`,
      name: name(id),
      value: (one) => byGroup(one, 'features', group).get(id)?.value ?? 0,
      said: (one) => number(byGroup(one, 'features', group).get(id)?.value ?? 0),
    }));
  return (
    <>
      <div class="scroll sides" tabIndex={0} role="region" aria-label={t('compare.title')}>
        <table class="compared">
          <thead>
            <tr>
              <th scope="col">
                <span class="unseen">{t('compare.figure')}</span>
              </th>
              {list.map(({ subject, name }) => (
                <th key={subject} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <Block figures={main} list={list} known={known} />
          <Statuses list={list} known={known} />
          <Block
            title={dimension('objectives')}
            together
            figures={of('objectives', conceptIds('objective'), (id) => groupValue('objectives', id))}
            list={list}
            known={known}
          />
          <Block
            title={dimension('functions')}
            together
            figures={of('functions', conceptIds('function'), (id) => label('function', id))}
            list={list}
            known={known}
          />
        </table>
      </div>
      <Basis parts={Object.fromEntries(list.flatMap(({ subject, answer }) => (answer ? [[subject, answer]] : [])))} ofCity={() => true} />
      <Export parts={Object.fromEntries(list.flatMap(({ subject, answer }) => (answer ? [[subject, answer]] : [])))} shapes={[]} name="cityheart-compare" />
    </>
  );
}

interface FigureTableProps {
  title?: string;
  figures: CompareFigure[];
  list: ComparedAnswer[];
  known: ProcessResult[];
  /** All figures on one scale, as they are counts of the same things. */
  together?: boolean;
}

function Block({ title, figures, list, known, together }: FigureTableProps) {
  const most = (some: CompareFigure[]) => Math.max(1e-9, ...some.flatMap(({ value }) => known.map((one) => value(one) ?? 0)));
  const all = most(figures);
  return (
    <tbody>
      {title && <Title text={title} columns={list.length + 1} />}
      {figures.map((figure) => (
        <tr key={figure.id}>
          <th scope="row">{figure.name}</th>
          {list.map(({ subject, answer }) => (
            <td key={subject}>
              {answer ? <Cell figure={figure} answer={answer} most={figure.most ?? (together ? all : most([figure]))} /> : <span class="waiting" />}
            </td>
          ))}
        </tr>
      ))}
    </tbody>
  );
}

const Title = ({ text, columns }: { text: string; columns: number }) => (
  <tr class="dimension">
    <th scope="rowgroup" colSpan={columns}>
      {text}
    </th>
  </tr>
);

function Cell({ figure, answer, most }: { figure: CompareFigure; answer: ProcessResult; most: number }) {
  const part = share(figure.value(answer), most) ?? 0;
  return (
    <>
      <b>{figure.said(answer)}</b>
      <span class="measure-bar" aria-hidden="true">
        <span style={{ inlineSize: `${part * 100}%`, background: figure.colour }} />
      </span>
      {figure.basis && <span class="sub">{figure.basis(answer)}</span>}
    </>
  );
}

/** How many of each group of statuses, with the plan's own signs. */
function Statuses({ list, known }: { list: ComparedAnswer[]; known: ProcessResult[] }) {
  const count = (answer: ProcessResult, group: string) =>
    [...byGroup(answer, 'features', 'status')].reduce((sum, [status, one]) => sum + (groupOf(status) === group ? (one.value ?? 0) : 0), 0);
  const most = Math.max(1, ...known.flatMap((one) => GROUPS.map((group) => count(one, group))));
  return (
    <tbody>
      <Title text={dimension('status')} columns={list.length + 1} />
      {GROUPS.map((group) => (
        <tr key={group}>
          <th scope="row">
            <span class="status">
              <Sign group={group} />
              {groupName(group)}
            </span>
          </th>
          {list.map(({ subject, answer }) => (
            <td key={subject}>
              {answer ? (
                <Cell
                  figure={{
                    id: group,
                    name: '',
                    value: (one) => count(one, group),
                    said: (one) => number(count(one, group)),
                    colour: `var(--status-${group})`,
                  }}
                  answer={answer}
                  most={most}
                />
              ) : (
                <span class="waiting" />
              )}
            </td>
          ))}
        </tr>
      ))}
    </tbody>
  );
}

/** Asks for what is not yet known, and shows compared areas on the map. */
function keepInStep(): () => void {
  const running = new Map<string, AbortController>();
  if (!compared.peek().length && filter.peek().city) compared.value = [`city:${filter.peek().city}`];
  const ends = [
    effect(() => {
      for (const subject of compared.value) {
        const key = keyOf(subject);
        if (!key || answers.peek().has(key) || running.has(key)) continue;
        const controller = new AbortController();
        running.set(key, controller);
        void execute(JSON.parse(key), controller.signal)
          .then((answer) => {
            answers.value = new Map(answers.value).set(key, answer);
            announcement.value = `${nameOf(subject)}: ${t('list.count', { count: figureOf(answer, 'features') })}`;
          })
          .catch(() => (announcement.value = t('ask.refused')))
          .finally(() => running.delete(key));
      }
    }),
    effect(() => {
      const shapes = compared.value.flatMap((subject) => {
        const outline = subject === 'drawn' ? asked.value.shape : subject.startsWith('area:') ? outlineOf(subject.slice(5)) : null;
        return outline ? [{ type: 'Feature' as const, properties: { role: 'area', id: subject }, geometry: outline }] : [];
      });
      onMap.value = { shapes: { type: 'FeatureCollection', features: shapes }, ids: [] };
    }),
  ];
  return () => {
    ends.forEach((end) => end());
    running.forEach((one) => one.abort());
    onMap.value = NOTHING_ON_MAP;
  };
}

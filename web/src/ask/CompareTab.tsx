// The Compare tab: cities or areas side by side, the same figures on the same scale, each with its basis.
import { computed, effect, signal } from '@preact/signals';
import { useEffect, useId } from 'preact/hooks';
import './ask.css';
import './messages';
import { formatNumber } from '../format';
import { t } from '../i18n';
import { shareOf } from '../money';
import { announcement, cityName, filter, plan } from '../state';
import { currentQuery, comparedSubjects, EMPTY_OVERLAY, answerOverlay } from '../state/query';
import { GROUPS, groupOf } from '../symbology';
import { Icon } from '../ui/Icon';
import { conceptIds, groupName, codeLabel } from '../ui/labels';
import { StatusSymbol } from '../ui/Symbol';
import { numbersByGroup, findNumber, type ProcessResult } from './processResult';
import { executeProcess } from './execution';
import type { CompareSubject } from './spatialQuery';
import { AnswerBasis, AnswerExport } from './AnswerBasis';
import { areaOutline } from './queryPlace';
import { subjectRequest } from './processRequests';
import { areaName, dimensionName, groupValueName, percentText } from './answerText';
import { moneyText, moneyCents, numberValue } from './views/answerParts';

/** Results by request, so that adding a subject sends one request. */
const compareResults = signal<ReadonlyMap<string, ProcessResult>>(new Map());

const requestKey = (subject: CompareSubject) => {
  const request = subjectRequest(subject, currentQuery.value.shape, { filter: filter.value, days: shownYears() });
  return request && JSON.stringify(request);
};

function shownYears(): { from?: string; to?: string } {
  const { from, to } = filter.value;
  return { ...(from === null ? {} : { from: `${from}-01-01` }), ...(to === null ? {} : { to: `${to}-12-31` }) };
}

interface ComparedAnswer {
  subject: CompareSubject;
  name: string;
  answer: ProcessResult | undefined;
}

const comparedAnswers = computed<ComparedAnswer[]>(() =>
  comparedSubjects.value.flatMap((subject) => {
    const key = requestKey(subject);
    return key ? [{ subject, name: subjectName(subject), answer: compareResults.value.get(key) }] : [];
  }),
);

function subjectName(subject: CompareSubject): string {
  const [kind, id = ''] = subject.split(':');
  if (kind === 'drawn') return t('ask.drawnArea');
  return kind === 'city' ? cityName(plan.value?.cities.get(id)) || id : areaName(id);
}

export function CompareTab() {
  useEffect(connectCompareTab, []);
  const list = comparedAnswers.value;
  return (
    <div class="ask compare">
      <div class="heading">
        <h1 tabIndex={-1}>{t('compare.title')}</h1>
        <p>{t('compare.lead')}</p>
      </div>
      <SubjectChooser />
      {list.length < 2 ? <p class="muted">{t('compare.need')}</p> : <ComparedFigures list={list} />}
    </div>
  );
}

function SubjectChooser() {
  const id = useId();
  const add = (subject: string) => {
    if (subject) comparedSubjects.value = [...comparedSubjects.value, subject];
  };
  const left = (subject: CompareSubject) => !comparedSubjects.value.includes(subject);
  const cities = [...(plan.value?.cities.values() ?? [])].filter((one) => left(`city:${one.id}`));
  const areas = (plan.value?.areas ?? []).filter((one) => one.geometry && left(`area:${one.id}`));
  return (
    <div class="chooser">
      <ul class="chosen">
        {comparedSubjects.value.map((subject) => (
          <li key={subject}>
            <button
              type="button"
              class="chip take-out"
              aria-label={t('compare.remove', { name: subjectName(subject) })}
              onClick={() => (comparedSubjects.value = comparedSubjects.value.filter((one) => one !== subject))}
            >
              {subjectName(subject)}
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
            {currentQuery.value.shape && left('drawn') && <option value="drawn">{t('ask.drawnArea')}</option>}
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
  /** The length of the bar; null where the value is unknown. */
  value: (answer: ProcessResult) => number | null;
  said: (answer: ProcessResult) => string;
  basis?: (answer: ProcessResult) => string;
  /** The end of the scale where it is not the largest value. */
  most?: number;
  colour?: string;
}

function ComparedFigures({ list }: { list: ComparedAnswer[] }) {
  const known = list.flatMap(({ answer }) => (answer ? [answer] : []));
  const count = (answer: ProcessResult) => numberValue(answer, 'features');
  const costed = (answer: ProcessResult) => findNumber(answer, 'cost')?.ids?.length ?? 0;
  const main: CompareFigure[] = [
    { id: 'count', name: t('list.label'), value: count, said: (one) => formatNumber(count(one)) },
    {
      id: 'cost',
      name: t('chart.cost'),
      value: (one) => (costed(one) ? moneyCents(findNumber(one, 'cost')) : null),
      said: (one) => (costed(one) ? moneyText(findNumber(one, 'cost')) : t('cost.none')),
      basis: (one) => t('compare.unknown', { known: costed(one), count: count(one) }),
    },
    {
      id: 'eu',
      name: t('sum.eu'),
      value: (one) => findNumber(one, 'eu_share')?.value ?? null,
      most: 100,
      said: (one) => (typeof findNumber(one, 'eu_share')?.value === 'number' ? percentText(findNumber(one, 'eu_share')!.value!) : t('eu.none')),
      basis: (one) => t('compare.unknown', { known: findNumber(one, 'eu_share')?.ids?.length ?? 0, count: count(one) }),
    },
  ];
  const of = (group: string, ids: string[], name: (id: string) => string): CompareFigure[] =>
    ids.map((id) => ({
      id: `${group}-${id}`,
      name: name(id),
      value: (one) => numbersByGroup(one, 'features', group).get(id)?.value ?? 0,
      said: (one) => formatNumber(numbersByGroup(one, 'features', group).get(id)?.value ?? 0),
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
          <FigureTable figures={main} list={list} known={known} />
          <StatusTable list={list} known={known} />
          <FigureTable
            title={dimensionName('objectives')}
            together
            figures={of('objectives', conceptIds('objective'), (id) => groupValueName('objectives', id))}
            list={list}
            known={known}
          />
          <FigureTable
            title={dimensionName('functions')}
            together
            figures={of('functions', conceptIds('function'), (id) => codeLabel('function', id))}
            list={list}
            known={known}
          />
        </table>
      </div>
      <AnswerBasis parts={Object.fromEntries(list.flatMap(({ subject, answer }) => (answer ? [[subject, answer]] : [])))} ofCity={() => true} />
      <AnswerExport
        parts={Object.fromEntries(list.flatMap(({ subject, answer }) => (answer ? [[subject, answer]] : [])))}
        shapes={[]}
        name="cityheart-compare"
      />
    </>
  );
}

interface FigureTableProps {
  title?: string;
  figures: CompareFigure[];
  list: ComparedAnswer[];
  known: ProcessResult[];
  /** Puts all figures on one scale, as counts of the same things. */
  together?: boolean;
}

function FigureTable({ title, figures, list, known, together }: FigureTableProps) {
  const most = (some: CompareFigure[]) => Math.max(1e-9, ...some.flatMap(({ value }) => known.map((one) => value(one) ?? 0)));
  const all = most(figures);
  return (
    <tbody>
      {title && <SubjectTitle text={title} columns={list.length + 1} />}
      {figures.map((figure) => (
        <tr key={figure.id}>
          <th scope="row">{figure.name}</th>
          {list.map(({ subject, answer }) => (
            <td key={subject}>
              {answer ? <FigureCell figure={figure} answer={answer} most={figure.most ?? (together ? all : most([figure]))} /> : <span class="waiting" />}
            </td>
          ))}
        </tr>
      ))}
    </tbody>
  );
}

const SubjectTitle = ({ text, columns }: { text: string; columns: number }) => (
  <tr class="dimension">
    <th scope="rowgroup" colSpan={columns}>
      {text}
    </th>
  </tr>
);

function FigureCell({ figure, answer, most }: { figure: CompareFigure; answer: ProcessResult; most: number }) {
  const part = shareOf(figure.value(answer), most) ?? 0;
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

/** Counts per status group, with the plan's symbols. */
function StatusTable({ list, known }: { list: ComparedAnswer[]; known: ProcessResult[] }) {
  const count = (answer: ProcessResult, group: string) =>
    [...numbersByGroup(answer, 'features', 'status')].reduce((sum, [status, one]) => sum + (groupOf(status) === group ? (one.value ?? 0) : 0), 0);
  const most = Math.max(1, ...known.flatMap((one) => GROUPS.map((group) => count(one, group))));
  return (
    <tbody>
      <SubjectTitle text={dimensionName('status')} columns={list.length + 1} />
      {GROUPS.map((group) => (
        <tr key={group}>
          <th scope="row">
            <span class="status">
              <StatusSymbol group={group} />
              {groupName(group)}
            </span>
          </th>
          {list.map(({ subject, answer }) => (
            <td key={subject}>
              {answer ? (
                <FigureCell
                  figure={{
                    id: group,
                    name: '',
                    value: (one) => count(one, group),
                    said: (one) => formatNumber(count(one, group)),
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

/** Requests missing results, and shows the compared areas on the map. */
function connectCompareTab(): () => void {
  const running = new Map<string, AbortController>();
  if (!comparedSubjects.peek().length && filter.peek().city) comparedSubjects.value = [`city:${filter.peek().city}`];
  const ends = [
    effect(() => {
      for (const subject of comparedSubjects.value) {
        const key = requestKey(subject);
        if (!key || compareResults.peek().has(key) || running.has(key)) continue;
        const controller = new AbortController();
        running.set(key, controller);
        void executeProcess(JSON.parse(key), controller.signal)
          .then((answer) => {
            compareResults.value = new Map(compareResults.value).set(key, answer);
            announcement.value = `${subjectName(subject)}: ${t('list.count', { count: numberValue(answer, 'features') })}`;
          })
          .catch(() => (announcement.value = t('ask.refused')))
          .finally(() => running.delete(key));
      }
    }),
    effect(() => {
      const shapes = comparedSubjects.value.flatMap((subject) => {
        const outline = subject === 'drawn' ? currentQuery.value.shape : subject.startsWith('area:') ? areaOutline(subject.slice(5)) : null;
        return outline ? [{ type: 'Feature' as const, properties: { role: 'area', id: subject }, geometry: outline }] : [];
      });
      answerOverlay.value = { shapes: { type: 'FeatureCollection', features: shapes }, ids: [] };
    }),
  ];
  return () => {
    ends.forEach((end) => end());
    running.forEach((one) => one.abort());
    answerOverlay.value = EMPTY_OVERLAY;
  };
}

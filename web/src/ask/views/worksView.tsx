// Works that are in each other's way: each pair with how near, from when to when, in which months, and how sure that is.
import { day, number } from '../../format';
import { boxOf } from '../../geometry';
import { t } from '../../i18n';
import { goal, plan, sheetFull, titleOf } from '../../state';
import { label } from '../../ui/labels';
import { Sign } from '../../ui/Symbol';
import { numberOf, type ResultFeature } from '../processResult';
import { placeTitle } from '../queryPlace';
import type { QuestionView } from '../questionView';
import { amount } from '../processRequests';
import { distance, months } from '../answerText';
import { Card, notCounted, sentenceOf, figureOf } from './answerParts';

export const conflicts: QuestionView = {
  title: ({ asked }) => placeTitle(asked),
  sentence: ({ asked, parts }) =>
    sentenceOf([
      t('works.sentence', { count: figureOf(parts.conflicts, 'conflicts'), distance: distance(amount(asked, 'distance')) }),
      parts.conflicts && notCounted([parts.conflicts], asked),
    ]),
  body: ({ parts }) => {
    const pairs = parts.conflicts?.features.features ?? [];
    return (
      <>
        <div class="cards">
          <Card value={number(figureOf(parts.conflicts, 'conflicts'))}>
            <span>{t('works.pairs', { count: figureOf(parts.conflicts, 'works') })}</span>
          </Card>
          <Card value={number(figureOf(parts.conflicts, 'certain'))}>
            <span>{t('works.certain')}</span>
          </Card>
          <Card value={number(figureOf(parts.conflicts, 'conflicts') - (numberOf(parts.conflicts, 'certain')?.value ?? 0))}>
            <span>{t('works.possible')}</span>
          </Card>
        </div>
        <ol class="pairs" aria-label={t('works.list')}>
          {[...pairs]
            .sort((a, b) => (String(a.result.from) < String(b.result.from) ? 1 : -1))
            .map((pair) => (
              <Pair key={pair.id} pair={pair} />
            ))}
        </ol>
      </>
    );
  },
};

interface WorksConflict {
  a: string;
  b: string;
  distance_m: number;
  from: string;
  to: string;
  months: string[];
  certain: boolean;
}

function Pair({ pair }: { pair: ResultFeature }) {
  const { a, b, distance_m, from, to, months: list, certain } = pair.result as unknown as WorksConflict;
  const show = () => {
    const box = boxOf(pair.geometry);
    if (!box) return;
    sheetFull.value = false;
    goal.value = { to: 'box', box: [box[0] - 0.0008, box[1] - 0.0006, box[2] + 0.0008, box[3] + 0.0006] };
  };
  return (
    <li>
      <button type="button" class="pair" onClick={show}>
        <Work id={a} />
        <Work id={b} />
        <span class="sub">
          <b>{months(list)}</b> · {day(from)} – {day(to)}
        </span>
        <span class="sub">
          {distance_m > 0 ? t('works.apart', { distance: distance(distance_m) }) : t('works.touching')} · {t(certain ? 'works.sure' : 'works.maybe')}
        </span>
      </button>
    </li>
  );
}

function Work({ id }: { id: string }) {
  const one = plan.value?.byId.get(id);
  if (!one) return <span class="work">{id}</span>;
  return (
    <span class="work">
      <Sign group={one.group} />
      <span>
        <span class="title" lang={titleOf(one).language}>
          {titleOf(one).text}
        </span>
        <span class="unseen"> {label('status', one.status)}</span>
      </span>
    </span>
  );
}

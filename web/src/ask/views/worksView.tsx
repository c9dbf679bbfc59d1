// View of conflicting works: each pair with distance, periods, common months, and how certain the conflict is.
import { formatDay, formatNumber } from '../../format';
import { boundingBox } from '../../geometry';
import { t } from '../../i18n';
import { cameraGoal, plan, sheetFull, titleOf } from '../../state';
import { codeLabel } from '../../ui/labels';
import { StatusSymbol } from '../../ui/Symbol';
import type { ProcessResult, ResultFeature } from '../processResult';
import { placeTitle } from '../queryPlace';
import type { QuestionView } from '../questionView';
import { optionNumber } from '../processRequests';
import { distanceText, monthsText } from '../answerText';
import { AnswerCard, leftOutText, joinSentences, numberValue } from './answerParts';

export const conflictsView: QuestionView = {
  title: ({ query }) => placeTitle(query),
  sentence: ({ query, parts }) =>
    joinSentences([
      t('works.sentence', { count: numberValue(parts.conflicts, 'conflicts'), distance: distanceText(optionNumber(query, 'distance')) }),
      parts.conflicts && leftOutText([parts.conflicts], query),
    ]),
  body: ({ parts }) => {
    const pairs = parts.conflicts?.features.features ?? [];
    return (
      <>
        <div class="cards">
          <AnswerCard value={formatNumber(numberValue(parts.conflicts, 'conflicts'))}>
            <span>{t('works.pairs', { count: numberValue(parts.conflicts, 'works') })}</span>
          </AnswerCard>
          <AnswerCard value={formatNumber(numberValue(parts.conflicts, 'certain'))}>
            <span>{t('works.certain')}</span>
          </AnswerCard>
          <AnswerCard value={formatNumber(possibleCount(parts.conflicts))}>
            <span>{t('works.possible')}</span>
          </AnswerCard>
          <AnswerCard value={formatNumber(numberValue(parts.conflicts, 'undecided'))}>
            <span>{t('works.assumed')}</span>
          </AnswerCard>
        </div>
        <ol class="pairs" aria-label={t('works.list')}>
          {[...pairs]
            .sort((a, b) => (String(a.result.from) < String(b.result.from) ? 1 : -1))
            .map((pair) => (
              <ConflictPair key={pair.id} pair={pair} />
            ))}
        </ol>
      </>
    );
  },
};

/** Pairs whose dates are stated and imprecise. */
const possibleCount = (answer: ProcessResult | undefined): number =>
  numberValue(answer, 'conflicts') - numberValue(answer, 'certain') - numberValue(answer, 'undecided');

interface WorksConflict {
  a: string;
  b: string;
  distance_m: number;
  from: string;
  to: string;
  months: string[];
  certain: boolean;
  undecided: boolean;
}

function certaintyText({ certain, undecided }: WorksConflict): string {
  if (certain) return t('works.sure');
  return t(undecided ? 'works.assumed' : 'works.maybe');
}

function ConflictPair({ pair }: { pair: ResultFeature }) {
  const conflict = pair.result as unknown as WorksConflict;
  const { a, b, distance_m, from, to, months: list } = conflict;
  const show = () => {
    const box = boundingBox(pair.geometry);
    if (!box) return;
    sheetFull.value = false;
    cameraGoal.value = { to: 'box', box: [box[0] - 0.0008, box[1] - 0.0006, box[2] + 0.0008, box[3] + 0.0006] };
  };
  return (
    <li>
      <button type="button" class="pair" onClick={show}>
        <ConflictWork id={a} />
        <ConflictWork id={b} />
        <span class="sub">
          <b>{monthsText(list)}</b> · {formatDay(from)} – {formatDay(to)}
        </span>
        <span class="sub">
          {distance_m > 0 ? t('works.apart', { distance: distanceText(distance_m) }) : t('works.touching')} · {certaintyText(conflict)}
        </span>
      </button>
    </li>
  );
}

function ConflictWork({ id }: { id: string }) {
  const one = plan.value?.byId.get(id);
  if (!one) return <span class="work">{id}</span>;
  return (
    <span class="work">
      <StatusSymbol group={one.group} />
      <span>
        <span class="title" lang={titleOf(one).language}>
          {titleOf(one).text}
        </span>
        <span class="unseen"> {codeLabel('status', one.status)}</span>
      </span>
    </span>
  );
}

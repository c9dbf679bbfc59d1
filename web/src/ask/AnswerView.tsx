// One answer: title and sentence, the view of its question, and the basis of the answer.
import { useEffect, useRef } from 'preact/hooks';
import type { QueryResult } from './execution';
import type { QuestionId } from './spatialQuery';
import { AnswerBasis, AnswerExport } from './AnswerBasis';
import { isInQueryCity, areaOutline } from './queryPlace';
import { queryShapes } from './answerOverlay';
import type { QuestionView } from './questionView';
import * as areas from './views/areaViews';
import * as choices from './views/choiceViews';
import * as inside from './views/insideView';
import * as places from './views/placeViews';
import * as tables from './views/tableViews';
import * as works from './views/worksView';

const QUESTION_VIEWS: Record<QuestionId, QuestionView> = {
  inside: inside.insideView,
  nearby: places.nearbyView,
  reach: places.reachView,
  gaps: areas.gapsView,
  without: areas.withoutView,
  footprint: areas.footprintView,
  conflicts: works.conflictsView,
  summary: tables.summaryView,
  coverage: tables.coverageView,
  rate: tables.rateView,
  similar: choices.similarView,
  portfolio: choices.portfolioView,
};

export function headlineOf(now: QueryResult): string {
  const { title, sentence } = QUESTION_VIEWS[now.query.question];
  return `${title(now)}: ${sentence(now)}`;
}

export function AnswerView({ answered: now }: { answered: QueryResult }) {
  const { title, sentence, body } = QUESTION_VIEWS[now.query.question];
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (document.activeElement === document.body) heading.current?.focus({ preventScroll: true });
  }, [now.query.question]);
  const shapes = queryShapes(now.query, { outline: areaOutline, drawing: false });
  return (
    <>
      <div class="heading">
        <h1 ref={heading} tabIndex={-1}>
          {title(now)}
        </h1>
        <p>{sentence(now)}</p>
      </div>
      {body(now)}
      <AnswerBasis parts={now.parts} ofCity={isInQueryCity(now.query)} />
      <AnswerExport parts={now.parts} shapes={shapes} name={`cityheart-${now.query.question}`} />
    </>
  );
}

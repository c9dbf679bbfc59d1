// One answer: its headline and what it says in one sentence, then the view of its question, then what it rests on.
import { useEffect, useRef } from 'preact/hooks';
import type { QueryResult } from './execution';
import type { QuestionId } from './spatialQuery';
import { Basis, Export } from './AnswerBasis';
import { inScope, outlineOf } from './queryPlace';
import { askedShapes } from './answerOverlay';
import type { QuestionView } from './questionView';
import * as areas from './views/areaViews';
import * as choices from './views/choiceViews';
import * as inside from './views/insideView';
import * as places from './views/placeViews';
import * as tables from './views/tableViews';
import * as works from './views/worksView';

const VIEWS: Record<QuestionId, QuestionView> = {
  inside: inside.view,
  nearby: places.nearby,
  reach: places.reach,
  gaps: areas.gaps,
  without: areas.without,
  footprint: areas.footprint,
  conflicts: works.conflicts,
  summary: tables.summary,
  coverage: tables.coverage,
  rate: tables.rate,
  similar: choices.similar,
  portfolio: choices.portfolio,
};

export function headlineOf(now: QueryResult): string {
  const { title, sentence } = VIEWS[now.asked.question];
  return `${title(now)}: ${sentence(now)}`;
}

export function AnswerView({ answered: now }: { answered: QueryResult }) {
  const { title, sentence, body } = VIEWS[now.asked.question];
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (document.activeElement === document.body) heading.current?.focus({ preventScroll: true });
  }, [now.asked.question]);
  const shapes = askedShapes(now.asked, { outline: outlineOf, drawing: false });
  return (
    <>
      <div class="heading">
        <h1 ref={heading} tabIndex={-1}>
          {title(now)}
        </h1>
        <p>{sentence(now)}</p>
      </div>
      {body(now)}
      <Basis parts={now.parts} ofCity={inScope(now.asked)} />
      <Export parts={now.parts} shapes={shapes} name={`cityheart-${now.asked.question}`} />
    </>
  );
}

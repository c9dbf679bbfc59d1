// One answer: its headline and what it says in one sentence, then the view of its question, then what it rests on.
import { useEffect, useRef } from 'preact/hooks';
import type { QueryResult } from './asker';
import type { QuestionId } from './asked';
import { Basis, Export } from './Basis';
import { inScope, outlineOf } from './scope';
import { askedShapes } from './shapes';
import type { QuestionView } from './view';
import * as areas from './views/areas';
import * as choices from './views/choices';
import * as inside from './views/inside';
import * as places from './views/places';
import * as tables from './views/tables';
import * as works from './views/works';

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

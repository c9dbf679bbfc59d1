// The Ask tab: a question, what it takes, and one answer that follows the hand. It keeps the server asked and the map in
// step as long as it is open.
import { computed, effect } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import './ask.css';
import './messages';
import { DrawTools } from '../draw/DrawTools';
import { canReshape, drawing, reshape, stopDrawing, taker } from '../draw/drawing';
import { t, type MessageKey } from '../i18n';
import { monthText } from '../planMonths';
import { activeParts } from '../plan';
import { announcement, clearFilters, filter, month, noMap, plan, theMap } from '../state';
import { ask, asked, askAt, askDrawn, asking, dragged, NOTHING_ON_MAP, onMap } from '../state/query';
import { Icon } from '../ui/Icon';
import { answered, busy, keepAsking, refused } from './execution';
import { AnswerView, headlineOf } from './AnswerView';
import { QUESTIONS, type QuestionId } from './spatialQuery';
import { Inputs } from './Inputs';
import { daysOfMonth, requestsFor, type MissingInput } from './processRequests';
import { shapesOf, takesArea, takesPoint } from './answerOverlay';
import { offered, loadOffered } from './availableQuestions';
import { takePoint, WhereArea } from './AreaInput';

const NAMES: Record<QuestionId, MessageKey> = {
  inside: 'ask.q.inside',
  nearby: 'ask.q.nearby',
  reach: 'ask.q.reach',
  gaps: 'ask.q.gaps',
  without: 'ask.q.without',
  conflicts: 'ask.q.conflicts',
  summary: 'ask.q.summary',
  coverage: 'ask.q.coverage',
  footprint: 'ask.q.footprint',
  rate: 'ask.q.rate',
  similar: 'ask.q.similar',
  portfolio: 'ask.q.portfolio',
};

const NEEDS: Record<MissingInput, MessageKey> = {
  area: 'ask.need.area',
  point: 'ask.need.point',
  intervention: 'ask.need.intervention',
  city: 'ask.need.city',
};

/** What is wanted now, from question, filters and shown time. */
const wanted = computed(() => requestsFor(asking.value, { filter: filter.value, days: shownDays() }));

export function AskTab() {
  useEffect(keepInStep, []);
  const { question } = asked.value;
  return (
    <div class="ask">
      <QuestionChooser question={question} />
      {takesArea(asked.value) && <WhereArea optional={question !== 'inside' && question !== 'gaps'} />}
      {takesPoint(asked.value) && <WherePoint />}
      <Inputs question={question} />
      <Filtered />
      <Outcome />
    </div>
  );
}

function QuestionChooser({ question }: { question: QuestionId }) {
  useEffect(() => void loadOffered(), []);
  const list = QUESTIONS.filter((id) => id === question || offered.value.has(id));
  return (
    <div class="field question">
      <label class="unseen" for="ask-question">
        {t('ask.question')}
      </label>
      <span class="select">
        <select id="ask-question" value={question} onChange={(event) => ask(event.currentTarget.value as QuestionId)}>
          {list.map((id) => (
            <option key={id} value={id}>
              {t(NAMES[id])}
            </option>
          ))}
        </select>
        <Icon name="down" />
      </span>
    </div>
  );
}

function WherePoint() {
  const { point } = asked.value;
  const shape = useMemo(() => (point ? { type: 'Point' as const, coordinates: point } : null), [point]);
  return (
    <div class="where">
      {!noMap.value && (
        <p class="tap">
          <Icon name="point" />
          {t('ask.tap')}
        </p>
      )}
      <DrawTools kind="point" shape={shape} change={takePoint} quiet />
    </div>
  );
}

/** Filters of the plan narrow the question too; that is said, with the way out. */
function Filtered() {
  const parts = activeParts(filter.value).filter((part) => part !== 'city' && part !== 'text');
  if (!parts.length) return null;
  return (
    <p class="note filtered">
      {t('ask.filtered', { count: parts.length })}{' '}
      <button type="button" class="link" onClick={clearFilters}>
        {t('filter.clear')}
      </button>
    </p>
  );
}

function Outcome() {
  const missing = wanted.value.missing;
  const heading = useRef<HTMLHeadingElement>(null);
  if (missing) {
    return (
      <section class="outcome empty">
        <h1 ref={heading} tabIndex={-1}>
          {t(NAMES[asked.value.question])}
        </h1>
        <p class="muted">{t(missing === 'area' && noMap.value ? 'ask.need.areaNoMap' : NEEDS[missing])}</p>
      </section>
    );
  }
  if (refused.value) {
    return (
      <section class="outcome" role="alert">
        <h1>{t('ask.refused')}</h1>
        <p lang={refused.value.detail ? 'en' : undefined}>{refused.value.detail || t('failed.text')}</p>
      </section>
    );
  }
  const now = answered.value;
  return (
    <section class="outcome" aria-busy={busy.value}>
      {now ? (
        <AnswerView answered={now} />
      ) : (
        <>
          <h1 tabIndex={-1}>{t(NAMES[asked.value.question])}</h1>
          <div class="skeleton" aria-hidden="true">
            {Array.from({ length: 4 }, (_, i) => (
              <span key={i} />
            ))}
          </div>
        </>
      )}
    </section>
  );
}

/** As long as the tab is open: asks, shows handles, takes taps, keeps the map in step, and says each new answer. */
function keepInStep(): () => void {
  const ends = [
    keepAsking(() => (wanted.value.requests && plan.value ? { asked: asking.value, requests: wanted.value.requests, moving: dragged.value !== null } : null)),
    effect(() => {
      const now = asked.value;
      const tool = drawing.peek()?.tool;
      if (takesArea(now) && !now.area && now.shape && canReshape(now.shape)) {
        if (!dragged.peek() && !tool) reshape(now.shape, askDrawn);
      } else if (!takesArea(now) || (now.area && !tool)) stopDrawing();
    }),
    effect(() => {
      taker.value = takesPoint(asked.value) ? askAt : null;
    }),
    effect(() => {
      const now = answered.value;
      const byHand = Boolean(theMap.value) && drawing.value !== null && canReshape(asking.value.shape);
      onMap.value = shapesOf(asking.value, now && now.asked.question === asking.value.question ? now.parts : {}, {
        outline: (id) => plan.value?.areas.find((one) => one.id === id)?.geometry,
        isIntervention: (id) => plan.value?.byId.has(id) ?? false,
        drawing: byHand,
      });
    }),
    effect(() => {
      if (answered.value && !dragged.peek()) announcement.value = headlineOf(answered.value);
    }),
  ];
  return () => {
    ends.forEach((end) => end());
    stopDrawing();
    taker.value = null;
    dragged.value = null;
    onMap.value = NOTHING_ON_MAP;
  };
}

/** The days of the shown month, else of the chosen years. */
function shownDays(): { from?: string; to?: string } {
  if (month.value !== null) return daysOfMonth(monthText(month.value));
  const { from, to } = filter.value;
  return { ...(from === null ? {} : { from: `${from}-01-01` }), ...(to === null ? {} : { to: `${to}-12-31` }) };
}

// The Ask tab: a question, its inputs, and one answer that updates during drawing. While it is open, it runs the query
// and updates the map.
import { computed, effect } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import './ask.css';
import './messages';
import { DrawTools } from '../draw/DrawTools';
import { canReshape, drawing, startReshaping, stopDrawing, tapHandler } from '../draw/drawing';
import { t, type MessageKey } from '../i18n';
import { monthText } from '../planMonths';
import { activeParts } from '../plan';
import { announcement, clearFilters, filter, month, mapMissing, plan, mainMap } from '../state';
import { selectQuestion, currentQuery, setQueryPoint, setDrawnArea, liveQuery, draggedArea, EMPTY_OVERLAY, answerOverlay } from '../state/query';
import { Icon } from '../ui/Icon';
import { queryResult, queryRunning, followQuery, queryProblem } from './execution';
import { AnswerView, headlineOf } from './AnswerView';
import { QUESTIONS, type QuestionId } from './spatialQuery';
import { QuestionInputs } from './Inputs';
import { daysOfMonth, buildRequests, type MissingInput } from './processRequests';
import { buildOverlay, takesArea, takesPoint } from './answerOverlay';
import { availableQuestions, loadAvailableQuestions } from './availableQuestions';
import { setDrawnPoint, AreaInput } from './AreaInput';

const QUESTION_NAMES: Record<QuestionId, MessageKey> = {
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

const MISSING_TEXTS: Record<MissingInput, MessageKey> = {
  area: 'ask.need.area',
  point: 'ask.need.point',
  intervention: 'ask.need.intervention',
  city: 'ask.need.city',
};

/** The current requests, from query, filters and shown time. */
const queryRequests = computed(() => buildRequests(liveQuery.value, { filter: filter.value, days: shownDays() }));

export function AskTab() {
  useEffect(connectAskTab, []);
  const { question } = currentQuery.value;
  return (
    <div class="ask">
      <QuestionChooser question={question} />
      {takesArea(currentQuery.value) && <AreaInput optional={question !== 'inside' && question !== 'gaps'} />}
      {takesPoint(currentQuery.value) && <PointInput />}
      <QuestionInputs question={question} />
      <FilterNotice />
      <AnswerArea />
    </div>
  );
}

function QuestionChooser({ question }: { question: QuestionId }) {
  useEffect(() => void loadAvailableQuestions(), []);
  const list = QUESTIONS.filter((id) => id === question || availableQuestions.value.has(id));
  return (
    <div class="field question">
      <label class="unseen" for="ask-question">
        {t('ask.question')}
      </label>
      <span class="select">
        <select id="ask-question" value={question} onChange={(event) => selectQuestion(event.currentTarget.value as QuestionId)}>
          {list.map((id) => (
            <option key={id} value={id}>
              {t(QUESTION_NAMES[id])}
            </option>
          ))}
        </select>
        <Icon name="down" />
      </span>
    </div>
  );
}

function PointInput() {
  const { point } = currentQuery.value;
  const shape = useMemo(() => (point ? { type: 'Point' as const, coordinates: point } : null), [point]);
  return (
    <div class="where">
      {!mapMissing.value && (
        <p class="tap">
          <Icon name="point" />
          {t('ask.tap')}
        </p>
      )}
      <DrawTools kind="point" shape={shape} change={setDrawnPoint} quiet />
    </div>
  );
}

/** Says that the plan's filters narrow the query, with a button that clears them. */
function FilterNotice() {
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

function AnswerArea() {
  const missing = queryRequests.value.missing;
  const heading = useRef<HTMLHeadingElement>(null);
  if (missing) {
    return (
      <section class="outcome empty">
        <h1 ref={heading} tabIndex={-1}>
          {t(QUESTION_NAMES[currentQuery.value.question])}
        </h1>
        <p class="muted">{t(missing === 'area' && mapMissing.value ? 'ask.need.areaNoMap' : MISSING_TEXTS[missing])}</p>
      </section>
    );
  }
  if (queryProblem.value) {
    return (
      <section class="outcome" role="alert">
        <h1>{t('ask.refused')}</h1>
        <p lang={queryProblem.value.detail ? 'en' : undefined}>{queryProblem.value.detail || t('failed.text')}</p>
      </section>
    );
  }
  const now = queryResult.value;
  return (
    <section class="outcome" aria-busy={queryRunning.value}>
      {now ? (
        <AnswerView answered={now} />
      ) : (
        <>
          <h1 tabIndex={-1}>{t(QUESTION_NAMES[currentQuery.value.question])}</h1>
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

/** Connects the open tab: runs the query, shows handles, handles taps, updates the map, announces answers. */
function connectAskTab(): () => void {
  const ends = [
    followQuery(() =>
      queryRequests.value.requests && plan.value
        ? { query: liveQuery.value, requests: queryRequests.value.requests, moving: draggedArea.value !== null }
        : null,
    ),
    effect(() => {
      const now = currentQuery.value;
      const tool = drawing.peek()?.tool;
      if (takesArea(now) && !now.area && now.shape && canReshape(now.shape)) {
        if (!draggedArea.peek() && !tool) startReshaping(now.shape, setDrawnArea);
      } else if (!takesArea(now) || (now.area && !tool)) stopDrawing();
    }),
    effect(() => {
      tapHandler.value = takesPoint(currentQuery.value) ? setQueryPoint : null;
    }),
    effect(() => {
      const now = queryResult.value;
      const byHand = Boolean(mainMap.value) && drawing.value !== null && canReshape(liveQuery.value.shape);
      answerOverlay.value = buildOverlay(liveQuery.value, now && now.query.question === liveQuery.value.question ? now.parts : {}, {
        outline: (id) => plan.value?.areas.find((one) => one.id === id)?.geometry,
        isIntervention: (id) => plan.value?.byId.has(id) ?? false,
        drawing: byHand,
      });
    }),
    effect(() => {
      if (queryResult.value && !draggedArea.peek()) announcement.value = headlineOf(queryResult.value);
    }),
  ];
  return () => {
    ends.forEach((end) => end());
    stopDrawing();
    tapHandler.value = null;
    draggedArea.value = null;
    answerOverlay.value = EMPTY_OVERLAY;
  };
}

/** The days of the shown month, else of the filtered years. */
function shownDays(): { from?: string; to?: string } {
  if (month.value !== null) return daysOfMonth(monthText(month.value));
  const { from, to } = filter.value;
  return { ...(from === null ? {} : { from: `${from}-01-01` }), ...(to === null ? {} : { to: `${to}-12-31` }) };
}

// The inputs of a question besides its place. Each is a labelled field; the answer follows as it changes.
import type { ComponentChildren } from 'preact';
import { useEffect, useId } from 'preact/hooks';
import { signal } from '@preact/signals';
import { t } from '../i18n';
import { plan, foundRows, selected, titleOf } from '../state';
import { currentQuery, setQueryOption } from '../state/query';
import { Icon } from '../ui/Icon';
import { conceptIds, codeLabel } from '../ui/labels';
import { executeProcess } from './execution';
import { numbersByGroup } from './processResult';
import type { QuestionId } from './spatialQuery';
import { CRITERIA, optionOf } from './processRequests';
import { dimensionName, facilityClasses, searchedName, presetName, presetIds } from './answerText';

export function QuestionInputs({ question }: { question: QuestionId }) {
  const fields = INPUT_FIELDS[question]?.();
  return fields ? <div class="inputs">{fields}</div> : null;
}

const INPUT_FIELDS: Partial<Record<QuestionId, () => ComponentChildren>> = {
  inside: () => <RuleInput />,
  nearby: () => (
    <>
      <AmountInput name="radius" label={t('opt.radius')} most={5000} step={50} />
      <WhatInput name="what" label={t('opt.what')} />
    </>
  ),
  reach: () => (
    <>
      <AmountInput name="minutes" label={t('opt.minutes')} most={60} step={1} />
      <WhatInput name="reached" label={t('opt.what')} all />
      <InputField label={t('opt.before')}>{(id) => <DayInput id={id} name="before" />}</InputField>
      <InputField label={t('opt.after')}>{(id) => <DayInput id={id} name="after" />}</InputField>
    </>
  ),
  gaps: () => (
    <>
      <WhatInput name="missing" label={t('opt.missing')} all />
      <AmountInput name="gap" label={t('opt.gap')} most={5000} step={50} />
    </>
  ),
  without: () => (
    <>
      <WhatInput name="what" label={t('opt.which')} all />
      <WhatInput name="having" label={t('opt.having')} all />
      <AmountInput name="distance" label={t('opt.radius')} most={5000} step={50} />
    </>
  ),
  conflicts: () => <AmountInput name="distance" label={t('opt.distance')} most={5000} step={50} />,
  summary: () => (
    <>
      <SelectInput
        name="by"
        label={t('opt.by')}
        options={['status', 'objectives', 'functions', 'city', 'area', 'year', 'kind'].map((id) => [id, dimensionName(id)])}
      />
      <RuleInput />
    </>
  ),
  footprint: () => <SelectInput name="preset" label={t('opt.preset')} options={presetIds.map((id) => [id, presetName(id)])} />,
  rate: () => <RateInputs />,
  similar: () => <InterventionInput />,
  portfolio: () => <PortfolioInputs />,
};

interface InputFieldProps {
  label: string;
  children: (id: string) => ComponentChildren;
}

function InputField({ label: text, children }: InputFieldProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{text}</label>
      {children(id)}
    </div>
  );
}

interface SelectInputProps {
  name: string;
  label: string;
  options: [string, string][];
}

function SelectInput({ name, label: text, options }: SelectInputProps) {
  return (
    <InputField label={text}>
      {(id) => (
        <span class="select">
          <select id={id} value={optionOf(currentQuery.value, name)} onChange={(event) => setQueryOption(name, event.currentTarget.value)}>
            {options.map(([value, said]) => (
              <option key={value} value={value}>
                {said}
              </option>
            ))}
          </select>
          <Icon name="down" />
        </span>
      )}
    </InputField>
  );
}

function AmountInput({ name, label: text, most, step }: { name: string; label: string; most: number; step: number }) {
  return (
    <InputField label={text}>
      {(id) => (
        <input
          id={id}
          class="text"
          type="number"
          inputMode="numeric"
          min={0}
          max={most}
          step={step}
          value={optionOf(currentQuery.value, name)}
          onInput={(event) => event.currentTarget.value !== '' && setQueryOption(name, event.currentTarget.value)}
        />
      )}
    </InputField>
  );
}

function DayInput({ id, name }: { id: string; name: string }) {
  return (
    <input id={id} class="text" type="date" value={optionOf(currentQuery.value, name)} onChange={(event) => setQueryOption(name, event.currentTarget.value)} />
  );
}

/** A secondary option, so it stands in one unobtrusive line. */
const RuleInput = () => (
  <label class="select quiet wide">
    <span>{t('opt.rule')}</span>
    <select id="ask-rule" value={optionOf(currentQuery.value, 'rule')} onChange={(event) => setQueryOption('rule', event.currentTarget.value)}>
      <option value="whole">{t('rule.whole')}</option>
      <option value="share">{t('rule.share')}</option>
    </select>
    <Icon name="down" />
  </label>
);

/** Facility classes that occur in the plan; others would find nothing. */
const classes = signal<string[] | null>(null);

async function loadClasses(): Promise<void> {
  const answer = await executeProcess({ process: 'summary', inputs: { collection: 'facilities', group_by: ['class'] } }).catch(() => null);
  const known = numbersByGroup(answer ?? undefined, 'features', 'class');
  classes.value = facilityClasses().filter((id) => known.has(id));
}

function WhatInput({ name, label: text, all }: { name: string; label: string; all?: boolean }) {
  useEffect(() => {
    if (!classes.value) void loadClasses();
  }, []);
  const now = optionOf(currentQuery.value, name);
  const kinds = ['interventions', ...(all ? ['segments', 'calm'] : []), 'facilities', ...(classes.value ?? []).map((id) => `class-${id}`)];
  if (!kinds.includes(now)) kinds.push(now);
  return <SelectInput name={name} label={text} options={kinds.map((kind) => [kind, searchedName(kind)])} />;
}

const surveys = signal<string[] | null>(null);

async function loadSurveys(): Promise<void> {
  const answer = await executeProcess({ process: 'summary', inputs: { collection: 'premises', group_by: ['survey'] } }).catch(() => null);
  surveys.value = [...numbersByGroup(answer ?? undefined, 'features', 'survey').keys()].filter(Boolean);
}

/** A rate of premises per street or area, in one survey or between two. */
function RateInputs() {
  useEffect(() => {
    if (!surveys.value) void loadSurveys();
  }, []);
  const chosen = (surveys.value ?? []).map((name): [string, string] => [name, name]);
  return (
    <>
      <SelectInput name="rate" label={t('opt.state')} options={conceptIds('premises_state').map((id) => [id, codeLabel('premises_state', id)])} />
      <SelectInput
        name="per"
        label={t('opt.by')}
        options={[
          ['segment', t('by.segment')],
          ['area', t('by.area')],
        ]}
      />
      <SelectInput name="first" label={t('opt.first')} options={[['', t('opt.none')], ...chosen]} />
      <SelectInput name="second" label={t('opt.second')} options={[['', t('opt.all')], ...chosen]} />
    </>
  );
}

/** The intervention to find similar ones for; initially the selected one. */
function InterventionInput() {
  const now = optionOf(currentQuery.value, 'id');
  useEffect(() => {
    if (!now && selected.value) setQueryOption('id', selected.value);
  }, []);
  const known = plan.value?.byId.get(now);
  const list = known && !foundRows.value.some(({ id }) => id === now) ? [known, ...foundRows.value] : foundRows.value;
  return <SelectInput name="id" label={t('opt.like')} options={[['', '…'], ...list.map((one): [string, string] => [one.id, titleOf(one).text])]} />;
}

function PortfolioInputs() {
  const check = (name: string, text: string) => (
    <label class="choice">
      <input
        type="checkbox"
        checked={optionOf(currentQuery.value, name) !== 'no'}
        onChange={(event) => setQueryOption(name, event.currentTarget.checked ? '' : 'no')}
      />
      <span>{text}</span>
    </label>
  );
  return (
    <>
      <AmountInput name="budget" label={t('opt.budget')} most={10_000_000_000} step={50_000} />
      <SelectInput
        name="each"
        label={t('opt.each')}
        options={[['', t('opt.none')], ...(['objectives', 'functions', 'area'] as const).map((id): [string, string] => [id, dimensionName(id)])]}
      />
      <div class="checks">
        {check('depends', t('opt.depends'))}
        {check('tests', t('opt.tests'))}
      </div>
      <details class="fold wide">
        <summary>{t('opt.weights')}</summary>
        <div class="inputs">
          {CRITERIA.map((name) => (
            <AmountInput key={name} name={`w-${name}`} label={dimensionName(name)} most={100} step={1} />
          ))}
        </div>
      </details>
    </>
  );
}

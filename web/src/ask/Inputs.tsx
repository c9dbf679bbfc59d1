// What a question takes besides where: numbers, kinds, rules. Each is one labelled field; the answer follows as it changes.
import type { ComponentChildren } from 'preact';
import { useEffect, useId } from 'preact/hooks';
import { signal } from '@preact/signals';
import { t } from '../i18n';
import { plan, rows, selected, titleOf } from '../state';
import { asked, setOption } from '../state/query';
import { Icon } from '../ui/Icon';
import { conceptIds, label } from '../ui/labels';
import { execute } from './execution';
import { byGroup } from './processResult';
import type { QuestionId } from './spatialQuery';
import { CRITERIA, option } from './processRequests';
import { dimension, facilityClasses, kindName, presetName, presets } from './answerText';

export function Inputs({ question }: { question: QuestionId }) {
  const fields = FIELDS[question]?.();
  return fields ? <div class="inputs">{fields}</div> : null;
}

const FIELDS: Partial<Record<QuestionId, () => ComponentChildren>> = {
  inside: () => <Rule />,
  nearby: () => (
    <>
      <Amount name="radius" label={t('opt.radius')} most={5000} step={50} />
      <What name="what" label={t('opt.what')} />
    </>
  ),
  reach: () => (
    <>
      <Amount name="minutes" label={t('opt.minutes')} most={60} step={1} />
      <What name="reached" label={t('opt.what')} all />
      <Field label={t('opt.before')}>{(id) => <Day id={id} name="before" />}</Field>
      <Field label={t('opt.after')}>{(id) => <Day id={id} name="after" />}</Field>
    </>
  ),
  gaps: () => (
    <>
      <What name="missing" label={t('opt.missing')} all />
      <Amount name="gap" label={t('opt.gap')} most={5000} step={50} />
    </>
  ),
  without: () => (
    <>
      <What name="what" label={t('opt.which')} all />
      <What name="having" label={t('opt.having')} all />
      <Amount name="distance" label={t('opt.radius')} most={5000} step={50} />
    </>
  ),
  conflicts: () => <Amount name="distance" label={t('opt.distance')} most={5000} step={50} />,
  summary: () => (
    <>
      <Choose name="by" label={t('opt.by')} options={['status', 'objectives', 'functions', 'city', 'area', 'year', 'kind'].map((id) => [id, dimension(id)])} />
      <Rule />
    </>
  ),
  footprint: () => <Choose name="preset" label={t('opt.preset')} options={presets.map((id) => [id, presetName(id)])} />,
  rate: () => <Rate />,
  similar: () => <Which />,
  portfolio: () => <Portfolio />,
};

interface InputFieldProps {
  label: string;
  children: (id: string) => ComponentChildren;
}

function Field({ label: text, children }: InputFieldProps) {
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

function Choose({ name, label: text, options }: SelectInputProps) {
  return (
    <Field label={text}>
      {(id) => (
        <span class="select">
          <select id={id} value={option(asked.value, name)} onChange={(event) => setOption(name, event.currentTarget.value)}>
            {options.map(([value, said]) => (
              <option key={value} value={value}>
                {said}
              </option>
            ))}
          </select>
          <Icon name="down" />
        </span>
      )}
    </Field>
  );
}

function Amount({ name, label: text, most, step }: { name: string; label: string; most: number; step: number }) {
  return (
    <Field label={text}>
      {(id) => (
        <input
          id={id}
          class="text"
          type="number"
          inputMode="numeric"
          min={0}
          max={most}
          step={step}
          value={option(asked.value, name)}
          onInput={(event) => event.currentTarget.value !== '' && setOption(name, event.currentTarget.value)}
        />
      )}
    </Field>
  );
}

function Day({ id, name }: { id: string; name: string }) {
  return <input id={id} class="text" type="date" value={option(asked.value, name)} onChange={(event) => setOption(name, event.currentTarget.value)} />;
}

/** A finer point, so it stands in one quiet line. */
const Rule = () => (
  <label class="select quiet wide">
    <span>{t('opt.rule')}</span>
    <select id="ask-rule" value={option(asked.value, 'rule')} onChange={(event) => setOption('rule', event.currentTarget.value)}>
      <option value="whole">{t('rule.whole')}</option>
      <option value="share">{t('rule.share')}</option>
    </select>
    <Icon name="down" />
  </label>
);

/** Classes of facilities that the plan has; others would only find nothing. */
const classes = signal<string[] | null>(null);

async function loadClasses(): Promise<void> {
  const answer = await execute({ process: 'summary', inputs: { collection: 'facilities', group_by: ['class'] } }).catch(() => null);
  const known = byGroup(answer ?? undefined, 'features', 'class');
  classes.value = facilityClasses().filter((id) => known.has(id));
}

function What({ name, label: text, all }: { name: string; label: string; all?: boolean }) {
  useEffect(() => {
    if (!classes.value) void loadClasses();
  }, []);
  const now = option(asked.value, name);
  const kinds = ['interventions', ...(all ? ['segments', 'calm'] : []), 'facilities', ...(classes.value ?? []).map((id) => `class-${id}`)];
  if (!kinds.includes(now)) kinds.push(now);
  return <Choose name={name} label={text} options={kinds.map((kind) => [kind, kindName(kind)])} />;
}

const surveys = signal<string[] | null>(null);

async function loadSurveys(): Promise<void> {
  const answer = await execute({ process: 'summary', inputs: { collection: 'premises', group_by: ['survey'] } }).catch(() => null);
  surveys.value = [...byGroup(answer ?? undefined, 'features', 'survey').keys()].filter(Boolean);
}

/** A share of premises, per street or area, in one survey or from one to another. */
function Rate() {
  useEffect(() => {
    if (!surveys.value) void loadSurveys();
  }, []);
  const chosen = (surveys.value ?? []).map((name): [string, string] => [name, name]);
  return (
    <>
      <Choose name="rate" label={t('opt.state')} options={conceptIds('premises_state').map((id) => [id, label('premises_state', id)])} />
      <Choose
        name="per"
        label={t('opt.by')}
        options={[
          ['segment', t('by.segment')],
          ['area', t('by.area')],
        ]}
      />
      <Choose name="first" label={t('opt.first')} options={[['', t('opt.none')], ...chosen]} />
      <Choose name="second" label={t('opt.second')} options={[['', t('opt.all')], ...chosen]} />
    </>
  );
}

/** One intervention to find others like it; begins with the one that is selected. */
function Which() {
  const now = option(asked.value, 'id');
  useEffect(() => {
    if (!now && selected.value) setOption('id', selected.value);
  }, []);
  const known = plan.value?.byId.get(now);
  const list = known && !rows.value.some(({ id }) => id === now) ? [known, ...rows.value] : rows.value;
  return <Choose name="id" label={t('opt.like')} options={[['', '…'], ...list.map((one): [string, string] => [one.id, titleOf(one).text])]} />;
}

function Portfolio() {
  const check = (name: string, text: string) => (
    <label class="choice">
      <input type="checkbox" checked={option(asked.value, name) !== 'no'} onChange={(event) => setOption(name, event.currentTarget.checked ? '' : 'no')} />
      <span>{text}</span>
    </label>
  );
  return (
    <>
      <Amount name="budget" label={t('opt.budget')} most={10_000_000_000} step={50_000} />
      <Choose
        name="each"
        label={t('opt.each')}
        options={[['', t('opt.none')], ...(['objectives', 'functions', 'area'] as const).map((id): [string, string] => [id, dimension(id)])]}
      />
      <div class="checks">
        {check('depends', t('opt.depends'))}
        {check('tests', t('opt.tests'))}
      </div>
      <details class="fold wide">
        <summary>{t('opt.weights')}</summary>
        <div class="inputs">
          {CRITERIA.map((name) => (
            <Amount key={name} name={`w-${name}`} label={dimension(name)} most={100} step={1} />
          ))}
        </div>
      </details>
    </>
  );
}

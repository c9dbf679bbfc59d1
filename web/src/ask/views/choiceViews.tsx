// Learning from others and choosing for oneself: what is alike elsewhere and why, and what a budget buys under rules.
import { number } from '../../format';
import { t } from '../../i18n';
import { plan, titleOf } from '../../state';
import { label } from '../../ui/labels';
import { byGroup, numberOf, type ProcessResult, type ResultFeature } from '../processResult';
import type { QuestionView } from '../questionView';
import { option } from '../processRequests';
import { Rows } from '../FeatureRows';
import { TakeOver } from '../CopyAsIdea';
import { groupValue, perCent } from '../answerText';
import { amountOf, Card, figureOf } from './answerParts';

export const similar: QuestionView = {
  title: ({ asked }) => {
    const one = plan.value?.byId.get(option(asked, 'id'));
    return one ? t('similar.title', { title: titleOf(one).text }) : '';
  },
  sentence: ({ parts }) => t('similar.sentence', { count: parts.similar?.features.features.length ?? 0, of: figureOf(parts.similar, 'compared') }),
  body: ({ parts }) => (
    <Rows
      title={t('list.label')}
      features={parts.similar?.features.features ?? []}
      note={(one) => t('similar.score', { share: perCent(Number(one.result.score) * 100) })}
      under={(one) => <Reasons one={one} />}
    />
  ),
};

type SharedValues = Record<string, string[] | string | undefined>;

const VOCABULARY: Record<string, string> = { types: 'intervention_type', functions: 'function', kind: 'intervention_kind' };

/** What the two share, in words; and the way to begin the same at home. */
function Reasons({ one }: { one: ResultFeature }) {
  const shared = (one.result.shared ?? {}) as SharedValues;
  const all = Object.entries(shared).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : value ? [value] : []).map((id) => (name === 'objectives' || name === 'words' ? id : label(VOCABULARY[name] ?? name, id))),
  );
  const list = [...new Set(all)];
  return (
    <div class="reasons">
      {list.length > 0 && (
        <ul class="chips" aria-label={t('similar.shared')}>
          {list.map((text) => (
            <li key={text} class="chip">
              {text}
            </li>
          ))}
        </ul>
      )}
      <TakeOver id={String(one.id)} />
    </div>
  );
}

export const portfolio: QuestionView = {
  title: () => t('portfolio.title'),
  sentence: ({ parts }) => {
    const answer = parts.portfolio;
    if (isClash(answer)) return t('portfolio.none');
    if (!figureOf(answer, 'candidates')) return t('portfolio.noCandidates');
    return t('portfolio.sentence', {
      count: figureOf(answer, 'chosen'),
      of: figureOf(answer, 'candidates'),
      cost: amountOf(numberOf(answer, 'cost')),
      budget: amountOf(numberOf(answer, 'budget')),
    });
  },
  body: ({ parts }) => (parts.portfolio ? <Portfolio answer={parts.portfolio} /> : null),
};

/** A rule by its short name, such as `objectives=PO3` or `must=ID`. */
function ruleName(rule: string): string {
  const [name = '', value = ''] = rule.split('=');
  const one = plan.value?.byId.get(value);
  const said = one ? titleOf(one).text : name === 'area' || name === 'objectives' || name === 'functions' ? groupValue(name, value) : value;
  if (name === 'depends_on') return t('portfolio.dependsOn', { title: said });
  if (name === 'tested_by') return t('portfolio.testedBy', { title: said });
  if (name === 'area' || name === 'objectives' || name === 'functions') return t('portfolio.oneOf', { what: said });
  return said || name;
}

function Portfolio({ answer }: { answer: ProcessResult }) {
  const features = answer.features.features;
  if (isClash(answer)) return <Clash answer={answer} />;
  if (!figureOf(answer, 'candidates')) return null;
  const chosen = features.filter(({ result }) => result.chosen === true);
  const next = features.filter(({ result }) => result.next === true && result.chosen !== true);
  const forced = byGroup(answer, 'forced', 'rule');
  const prices = byGroup(answer, 'price', 'rule');
  const why = ({ result }: ResultFeature) => ((result.forced_by as string[] | undefined) ?? []).map(ruleName).join(', ');
  return (
    <>
      <div class="cards">
        <Card value={amountOf(numberOf(answer, 'cost'))}>
          <span>{t('portfolio.cost', { budget: amountOf(numberOf(answer, 'budget')) })}</span>
        </Card>
        <Card value={amountOf(numberOf(answer, 'budget_left'))}>
          <span>{t('portfolio.left')}</span>
        </Card>
        <Card value={number(figureOf(answer, 'points'))}>
          <span>{t('portfolio.points')}</span>
        </Card>
      </div>
      <h2>{t('portfolio.chosen')}</h2>
      <Rows title={t('portfolio.chosen')} features={chosen} note={(one) => (why(one) ? t('portfolio.because', { rule: why(one) }) : '')} />
      <h2>{t('portfolio.next', { budget: amountOf(numberOf(answer, 'next_budget')) })}</h2>
      {next.length ? <Rows title={t('portfolio.nextList')} features={next} /> : <p class="muted">{t('portfolio.nextNone')}</p>}
      {forced.size > 0 && (
        <div class="scroll" tabIndex={0} role="region" aria-label={t('portfolio.rules')}>
          <table class="parts">
            <caption>{t('portfolio.rules')}</caption>
            <thead>
              <tr>
                <th scope="col">{t('portfolio.rule')}</th>
                <th scope="col" class="number">
                  {t('portfolio.forces')}
                </th>
                <th scope="col" class="number">
                  {t('portfolio.price')}
                </th>
              </tr>
            </thead>
            <tbody>
              {[...forced].map(([rule, one]) => (
                <tr key={rule}>
                  <th scope="row">{ruleName(rule)}</th>
                  <td class="number">{number(one.value ?? one.ids?.length ?? 0)}</td>
                  <td class="number">{number(prices.get(rule)?.value ?? 0)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  );
}

const isClash = (answer: ProcessResult | undefined) => numberOf(answer, 'clashing_rules') !== undefined;

/** No choice keeps all rules: which ones clash, who could serve each, and what would be enough. */
function Clash({ answer }: { answer: ProcessResult }) {
  const least = numberOf(answer, 'least_budget');
  return (
    <div class="caution">
      <p>{t('portfolio.clash')}</p>
      <ul>
        {[...byGroup(answer, 'candidates', 'rule')].map(([rule, one]) => (
          <li key={rule}>
            <b>{ruleName(rule)}</b> · {t('portfolio.couldServe', { count: one.value ?? 0 })}
          </li>
        ))}
      </ul>
      {least?.value ? <p>{t('portfolio.least', { budget: amountOf(least) })}</p> : null}
    </div>
  );
}

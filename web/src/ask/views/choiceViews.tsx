// Views of similar interventions and of portfolios within a budget.
import { formatNumber } from '../../format';
import { t } from '../../i18n';
import { plan, titleOf } from '../../state';
import { codeLabel } from '../../ui/labels';
import { numbersByGroup, findNumber, type ProcessResult, type ResultFeature } from '../processResult';
import type { QuestionView } from '../questionView';
import { optionOf } from '../processRequests';
import { FeatureRows } from '../FeatureRows';
import { CopyAsIdea } from '../CopyAsIdea';
import { groupValueName, percentText } from '../answerText';
import { moneyText, AnswerCard, numberValue } from './answerParts';

export const similarView: QuestionView = {
  title: ({ query }) => {
    const one = plan.value?.byId.get(optionOf(query, 'id'));
    return one ? t('similar.title', { title: titleOf(one).text }) : '';
  },
  sentence: ({ parts }) => t('similar.sentence', { count: parts.similar?.features.features.length ?? 0, of: numberValue(parts.similar, 'compared') }),
  body: ({ parts }) => (
    <FeatureRows
      title={t('list.label')}
      features={parts.similar?.features.features ?? []}
      note={(one) => t('similar.score', { share: percentText(Number(one.result.score) * 100) })}
      under={(one) => <SimilarityReasons one={one} />}
    />
  ),
};

type SharedValues = Record<string, string[] | string | undefined>;

const VOCABULARY: Record<string, string> = { types: 'intervention_type', functions: 'function', kind: 'intervention_kind' };

/** What the two have in common, in words, and a button to start the same at home. */
function SimilarityReasons({ one }: { one: ResultFeature }) {
  const shared = (one.result.shared ?? {}) as SharedValues;
  const all = Object.entries(shared).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : value ? [value] : []).map((id) =>
      name === 'objectives' || name === 'words' ? id : codeLabel(VOCABULARY[name] ?? name, id),
    ),
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
      <CopyAsIdea id={String(one.id)} />
    </div>
  );
}

export const portfolioView: QuestionView = {
  title: () => t('portfolio.title'),
  sentence: ({ parts }) => {
    const answer = parts.portfolio;
    if (isClash(answer)) return t('portfolio.none');
    if (!numberValue(answer, 'candidates')) return t('portfolio.noCandidates');
    return t('portfolio.sentence', {
      count: numberValue(answer, 'chosen'),
      of: numberValue(answer, 'candidates'),
      cost: moneyText(findNumber(answer, 'cost')),
      budget: moneyText(findNumber(answer, 'budget')),
    });
  },
  body: ({ parts }) => (parts.portfolio ? <PortfolioAnswer answer={parts.portfolio} /> : null),
};

/** The name of a rule such as `objectives=PO3` or `must=ID`. */
function ruleName(rule: string): string {
  const [name = '', value = ''] = rule.split('=');
  const one = plan.value?.byId.get(value);
  const said = one ? titleOf(one).text : name === 'area' || name === 'objectives' || name === 'functions' ? groupValueName(name, value) : value;
  if (name === 'depends_on') return t('portfolio.dependsOn', { title: said });
  if (name === 'tested_by') return t('portfolio.testedBy', { title: said });
  if (name === 'area' || name === 'objectives' || name === 'functions') return t('portfolio.oneOf', { what: said });
  return said || name;
}

function PortfolioAnswer({ answer }: { answer: ProcessResult }) {
  const features = answer.features.features;
  if (isClash(answer)) return <PortfolioClash answer={answer} />;
  if (!numberValue(answer, 'candidates')) return null;
  const chosen = features.filter(({ result }) => result.chosen === true);
  const next = features.filter(({ result }) => result.next === true && result.chosen !== true);
  const forced = numbersByGroup(answer, 'forced', 'rule');
  const prices = numbersByGroup(answer, 'price', 'rule');
  const why = ({ result }: ResultFeature) => ((result.forced_by as string[] | undefined) ?? []).map(ruleName).join(', ');
  return (
    <>
      <div class="cards">
        <AnswerCard value={moneyText(findNumber(answer, 'cost'))}>
          <span>{t('portfolio.cost', { budget: moneyText(findNumber(answer, 'budget')) })}</span>
        </AnswerCard>
        <AnswerCard value={moneyText(findNumber(answer, 'budget_left'))}>
          <span>{t('portfolio.left')}</span>
        </AnswerCard>
        <AnswerCard value={formatNumber(numberValue(answer, 'points'))}>
          <span>{t('portfolio.points')}</span>
        </AnswerCard>
      </div>
      <h2>{t('portfolio.chosen')}</h2>
      <FeatureRows title={t('portfolio.chosen')} features={chosen} note={(one) => (why(one) ? t('portfolio.because', { rule: why(one) }) : '')} />
      <h2>{t('portfolio.next', { budget: moneyText(findNumber(answer, 'next_budget')) })}</h2>
      {next.length ? <FeatureRows title={t('portfolio.nextList')} features={next} /> : <p class="muted">{t('portfolio.nextNone')}</p>}
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
                  <td class="number">{formatNumber(one.value ?? one.ids?.length ?? 0)}</td>
                  <td class="number">{formatNumber(prices.get(rule)?.value ?? 0)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  );
}

const isClash = (answer: ProcessResult | undefined) => findNumber(answer, 'clashing_rules') !== undefined;

/**
 * Shown when no selection satisfies all rules: which rules conflict, what could satisfy each, and which budget would be
 * enough.
 */
function PortfolioClash({ answer }: { answer: ProcessResult }) {
  const least = findNumber(answer, 'least_budget');
  return (
    <div class="caution">
      <p>{t('portfolio.clash')}</p>
      <ul>
        {[...numbersByGroup(answer, 'candidates', 'rule')].map(([rule, one]) => (
          <li key={rule}>
            <b>{ruleName(rule)}</b> · {t('portfolio.couldServe', { count: one.value ?? 0 })}
          </li>
        ))}
      </ul>
      {least?.value ? <p>{t('portfolio.least', { budget: moneyText(least) })}</p> : null}
    </div>
  );
}

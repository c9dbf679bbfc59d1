// Parts that the views of several questions share.
import type { ComponentChildren } from 'preact';
import { formatEuros } from '../../format';
import { t } from '../../i18n';
import { toCents } from '../../money';
import { plan } from '../../state';
import { mergeLeftOut, findNumber, type ProcessResult, type ResultNumber } from '../processResult';
import type { SpatialQuery } from '../spatialQuery';
import { isInQueryCity } from '../queryPlace';
import { percentText } from '../answerText';

interface AnswerCardProps {
  value: string;
  children: ComponentChildren;
}

export function AnswerCard({ value, children }: AnswerCardProps) {
  return (
    <div class="card">
      <strong>{value}</strong>
      {children}
    </div>
  );
}

/** Cost and EU share of a summary, each with its basis; programme sums stand apart. */
export function MoneyCards({ summary, count }: { summary: ProcessResult; count: number }) {
  const cost = findNumber(summary, 'cost');
  const share = findNumber(summary, 'eu_share');
  const eu = findNumber(summary, 'eu_money');
  // Without a cost there is no share, and the money is known all the same.
  const euText = eu?.ids?.length ? moneyText(eu) : count ? t('eu.none') : '–';
  const known = cost?.ids?.length ?? 0;
  const programmes = findNumber(summary, 'programme_cost');
  return (
    <>
      <AnswerCard value={known ? moneyText(cost) : count ? t('cost.none') : '–'}>
        <span>{t('sum.costKnown', { known, count })}</span>
        {programmes && <span>{`${t('sum.programmes', { count: programmes.ids?.length ?? 0 })} (${moneyText(programmes)})`}</span>}
      </AnswerCard>
      <AnswerCard value={typeof share?.value === 'number' ? percentText(share.value) : euText}>
        <span>{t('sum.eu')}</span>
        <span>
          {typeof share?.value === 'number' &&
            t('sum.euOf', {
              eu: formatEuros(decimalCents(share.numerator)),
              cost: formatEuros(decimalCents(share.denominator)),
              known: share.ids?.length ?? 0,
            })}
        </span>
      </AnswerCard>
    </>
  );
}

const decimalCents = (amount: number | undefined) => toCents(amount?.toFixed(2)) ?? 0;

/** An amount of money in short. */
export function moneyText(number: ResultNumber | undefined): string {
  return formatEuros(toCents(number?.decimal ?? number?.value?.toFixed(2)) ?? 0);
}

export const moneyCents = (number: ResultNumber | undefined): number => toCents(number?.decimal ?? number?.value?.toFixed(2)) ?? 0;

export const numberValue = (answer: ProcessResult | undefined, name: string): number => findNumber(answer, name)?.value ?? 0;

/** What was left out in the query's city: "1 without a place is not counted". */
export function leftOutText(answers: ProcessResult[], query: SpatialQuery): string {
  const ids = (mergeLeftOut(answers).get('without_place') ?? []).filter((id) => plan.value?.byId.has(id) && isInQueryCity(query)(id));
  return ids.length ? t('ask.notCounted', { count: ids.length }) : '';
}

export const joinSentences = (parts: (string | false | undefined)[]): string => parts.filter(Boolean).join(' · ');

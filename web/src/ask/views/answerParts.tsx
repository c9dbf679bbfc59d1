// What the views of several questions are made of.
import type { ComponentChildren } from 'preact';
import { euros } from '../../format';
import { t } from '../../i18n';
import { cents } from '../../money';
import { plan } from '../../state';
import { leftOut, numberOf, type ProcessResult, type ResultNumber } from '../processResult';
import type { SpatialQuery } from '../spatialQuery';
import { inScope } from '../queryPlace';
import { perCent } from '../answerText';

interface AnswerCardProps {
  value: string;
  children: ComponentChildren;
}

export function Card({ value, children }: AnswerCardProps) {
  return (
    <div class="card">
      <strong>{value}</strong>
      {children}
    </div>
  );
}

/** Cost and EU share of a summary, each with what it rests on; the sums of programmes stand apart. */
export function MoneyCards({ summary, count }: { summary: ProcessResult; count: number }) {
  const cost = numberOf(summary, 'cost');
  const share = numberOf(summary, 'eu_share');
  const known = cost?.ids?.length ?? 0;
  const programmes = numberOf(summary, 'programme_cost');
  return (
    <>
      <Card value={known ? amountOf(cost) : count ? t('cost.none') : '–'}>
        <span>{t('sum.costKnown', { known, count })}</span>
        {programmes && <span>{`${t('sum.programmes', { count: programmes.ids?.length ?? 0 })} (${amountOf(programmes)})`}</span>}
      </Card>
      <Card value={typeof share?.value === 'number' ? perCent(share.value) : count ? t('eu.none') : '–'}>
        <span>{t('sum.eu')}</span>
        <span>
          {typeof share?.value === 'number' &&
            t('sum.euOf', { eu: euros(inCents(share.numerator)), cost: euros(inCents(share.denominator)), known: share.ids?.length ?? 0 })}
        </span>
      </Card>
    </>
  );
}

const inCents = (amount: number | undefined) => cents(amount?.toFixed(2)) ?? 0;

/** An amount of money in short. */
export function amountOf(number: ResultNumber | undefined): string {
  return euros(cents(number?.decimal ?? number?.value?.toFixed(2)) ?? 0);
}

export const centsOf = (number: ResultNumber | undefined): number => cents(number?.decimal ?? number?.value?.toFixed(2)) ?? 0;

export const figureOf = (answer: ProcessResult | undefined, name: string): number => numberOf(answer, name)?.value ?? 0;

/** "1 without a place is not counted", for the city asked about. */
export function notCounted(answers: ProcessResult[], asked: SpatialQuery): string {
  const ids = (leftOut(answers).get('without_place') ?? []).filter((id) => plan.value?.byId.has(id) && inScope(asked)(id));
  return ids.length ? t('ask.notCounted', { count: ids.length }) : '';
}

export const sentenceOf = (parts: (string | false | undefined)[]): string => parts.filter(Boolean).join(' · ');
